/** A row of the table: `offset` is absent for all but temperatures. */
export type UnitRow = readonly [symbol: string, name: string, code: string, gain: number, offset?: number]

const turn = 2 * Math.PI
const pound = 0.45359237
const gravity = 9.80665
const gallon = 231 * 0.0254 ** 3

/**
 * The units of process and machine automation by dimension: symbol, name and common code as in UNECE Recommendation 20 and
 * the mapping table of OPC UA (Part 8 §5.6.3.3), then `gain` and `offset` to the base unit of the dimension.
 */
export const unitTable: Readonly<Record<string, readonly UnitRow[]>> = {
  ratio: [
    ['1', 'one', 'C62', 1],
    ['%', 'percent', 'P1', 0.01],
    ['‰', 'part per thousand', 'NX', 0.001],
    ['ppm', 'part per million', '59', 1e-6],
  ],
  count: [['pcs', 'piece', 'H87', 1]],
  level: [['dB', 'decibel', '2N', 1]],
  acidity: [['pH', 'pH (potential of Hydrogen)', 'Q30', 1]],
  length: [
    ['m', 'metre', 'MTR', 1],
    ['km', 'kilometre', 'KMT', 1000],
    ['cm', 'centimetre', 'CMT', 0.01],
    ['mm', 'millimetre', 'MMT', 0.001],
    ['µm', 'micrometre (micron)', '4H', 1e-6],
    ['nm', 'nanometre', 'C45', 1e-9],
    ['in', 'inch', 'INH', 0.0254],
    ['ft', 'foot', 'FOT', 0.3048],
  ],
  area: [
    ['m²', 'square metre', 'MTK', 1],
    ['cm²', 'square centimetre', 'CMK', 1e-4],
    ['mm²', 'square millimetre', 'MMK', 1e-6],
  ],
  volume: [
    ['m³', 'cubic metre', 'MTQ', 1],
    ['hl', 'hectolitre', 'HLT', 0.1],
    ['l', 'litre', 'LTR', 0.001],
    ['dm³', 'cubic decimetre', 'DMQ', 0.001],
    ['ml', 'millilitre', 'MLT', 1e-6],
    ['cm³', 'cubic centimetre', 'CMQ', 1e-6],
    ['gal (US)', 'gallon (US)', 'GLL', gallon],
  ],
  'normal volume': [['Nm³', 'Normalised cubic metre', 'NM3', 1]],
  angle: [
    ['rad', 'radian', 'C81', 1],
    ['mrad', 'milliradian', 'C25', 0.001],
    ['°', 'degree [unit of angle]', 'DD', turn / 360],
    ['rev', 'revolution', 'M44', turn],
  ],
  time: [
    ['s', 'second [unit of time]', 'SEC', 1],
    ['ms', 'millisecond', 'C26', 0.001],
    ['µs', 'microsecond', 'B98', 1e-6],
    ['min', 'minute [unit of time]', 'MIN', 60],
    ['h', 'hour', 'HUR', 3600],
    ['d', 'day', 'DAY', 86400],
  ],
  frequency: [
    ['Hz', 'hertz', 'HTZ', 1],
    ['kHz', 'kilohertz', 'KHZ', 1000],
    ['MHz', 'megahertz', 'MHZ', 1e6],
    ['1/s', 'reciprocal second', 'C97', 1],
    ['1/min', 'reciprocal minute', 'C94', 1 / 60],
    ['1/h', 'reciprocal hour', 'H10', 1 / 3600],
  ],
  velocity: [
    ['m/s', 'metre per second', 'MTS', 1],
    ['m/min', 'metre per minute', '2X', 1 / 60],
    ['cm/s', 'centimetre per second', '2M', 0.01],
    ['mm/s', 'millimetre per second', 'C16', 0.001],
    ['mm/min', 'millimetre per minute', 'H81', 0.001 / 60],
    ['km/h', 'kilometre per hour', 'KMH', 1 / 3.6],
    ['ft/min', 'foot per minute', 'FR', 0.3048 / 60],
  ],
  acceleration: [
    ['m/s²', 'metre per second squared', 'MSK', 1],
    ['mm/s²', 'millimetre per second squared', 'M41', 0.001],
    ['gn', 'standard acceleration of free fall', 'K40', gravity],
  ],
  'angular velocity': [
    ['rad/s', 'radian per second', '2A', 1],
    ['°/s', 'degree per second', 'E96', turn / 360],
    ['r/min', 'revolutions per minute', 'RPM', turn / 60],
    ['r/s', 'revolutions per second', 'RPS', turn],
  ],
  'angular acceleration': [
    ['rad/s²', 'radian per second squared', '2B', 1],
    ['°/s²', 'degree [unit of angle] per second squared', 'M45', turn / 360],
  ],
  mass: [
    ['kg', 'kilogram', 'KGM', 1],
    ['g', 'gram', 'GRM', 0.001],
    ['mg', 'milligram', 'MGM', 1e-6],
    ['t', 'tonne (metric ton)', 'TNE', 1000],
    ['lb', 'pound', 'LBR', pound],
  ],
  density: [
    ['kg/m³', 'kilogram per cubic metre', 'KMQ', 1],
    ['g/cm³', 'gram per cubic centimetre', '23', 1000],
    ['g/l', 'gram per litre', 'GL', 1],
    ['mg/l', 'milligram per litre', 'M1', 0.001],
    ['mg/m³', 'milligram per cubic metre', 'GP', 1e-6],
  ],
  'volume flow': [
    ['m³/s', 'cubic metre per second', 'MQS', 1],
    ['m³/min', 'cubic metre per minute', 'G53', 1 / 60],
    ['m³/h', 'cubic metre per hour', 'MQH', 1 / 3600],
    ['l/s', 'litre per second', 'G51', 0.001],
    ['l/min', 'litre per minute', 'L2', 0.001 / 60],
    ['l/h', 'litre per hour', 'E32', 0.001 / 3600],
    ['ml/s', 'millilitre per second', '40', 1e-6],
    ['ml/min', 'millilitre per minute', '41', 1e-6 / 60],
    ['gal (US) /min', 'US gallon per minute', 'G2', gallon / 60],
  ],
  'normal volume flow': [['Nm³/h', 'Normalized cubic metre per hour', 'Q40', 1]],
  'mass flow': [
    ['kg/s', 'kilogram per second', 'KGS', 1],
    ['kg/min', 'kilogram per minute', 'F31', 1 / 60],
    ['kg/h', 'kilogram per hour', 'E93', 1 / 3600],
    ['t/h', 'tonne per hour', 'E18', 1 / 3.6],
    ['g/s', 'gram per second', 'F29', 0.001],
  ],
  force: [
    ['N', 'newton', 'NEW', 1],
    ['kN', 'kilonewton', 'B47', 1000],
    ['kgf', 'kilogram-force', 'B37', gravity],
    ['lbf', 'pound-force', 'C78', pound * gravity],
  ],
  torque: [
    ['N·m', 'newton metre', 'NU', 1],
    ['kN·m', 'kilonewton metre', 'B48', 1000],
    ['mN·m', 'millinewton metre', 'D83', 0.001],
    ['N·cm', 'newton centimetre', 'F88', 0.01],
    ['lbf·ft', 'pound-force foot', 'M92', pound * gravity * 0.3048],
  ],
  pressure: [
    ['Pa', 'pascal', 'PAL', 1],
    ['hPa', 'hectopascal', 'A97', 100],
    ['kPa', 'kilopascal', 'KPA', 1000],
    ['MPa', 'megapascal', 'MPA', 1e6],
    ['bar', 'bar [unit of pressure]', 'BAR', 1e5],
    ['mbar', 'millibar', 'MBR', 100],
    ['atm', 'standard atmosphere', 'ATM', 101325],
    ['lbf/in²', 'pound-force per square inch', 'PS', (pound * gravity) / 0.0254 ** 2],
  ],
  temperature: [
    ['K', 'kelvin', 'KEL', 1],
    ['°C', 'degree Celsius', 'CEL', 1, 273.15],
    ['°F', 'degree Fahrenheit', 'FAH', 5 / 9, (459.67 * 5) / 9],
  ],
  'temperature rate': [
    ['K/s', 'kelvin per second', 'F12', 1],
    ['K/min', 'kelvin per minute', 'F11', 1 / 60],
    ['K/h', 'kelvin per hour', 'F10', 1 / 3600],
  ],
  energy: [
    ['J', 'joule', 'JOU', 1],
    ['kJ', 'kilojoule', 'KJO', 1000],
    ['MJ', 'megajoule', '3B', 1e6],
    ['W·h', 'watt hour', 'WHR', 3600],
    ['kW·h', 'kilowatt hour', 'KWH', 3.6e6],
    ['MW·h', 'megawatt hour (1000 kW.h)', 'MWH', 3.6e9],
  ],
  power: [
    ['W', 'watt', 'WTT', 1],
    ['mW', 'milliwatt', 'C31', 0.001],
    ['kW', 'kilowatt', 'KWT', 1000],
    ['MW', 'megawatt', 'MAW', 1e6],
    ['metric hp', 'metric horse power', 'HJ', 735.49875],
  ],
  'apparent power': [
    ['V·A', 'volt - ampere', 'D46', 1],
    ['kV·A', 'kilovolt - ampere', 'KVA', 1000],
  ],
  'reactive power': [
    ['var', 'var', 'D44', 1],
    ['kvar', 'kilovar', 'KVR', 1000],
  ],
  current: [
    ['A', 'ampere', 'AMP', 1],
    ['kA', 'kiloampere', 'B22', 1000],
    ['mA', 'milliampere', '4K', 0.001],
    ['µA', 'microampere', 'B84', 1e-6],
  ],
  charge: [
    ['C', 'coulomb', 'COU', 1],
    ['A·h', 'ampere hour', 'AMH', 3600],
  ],
  voltage: [
    ['V', 'volt', 'VLT', 1],
    ['kV', 'kilovolt', 'KVT', 1000],
    ['mV', 'millivolt', '2Z', 0.001],
  ],
  resistance: [
    ['Ω', 'ohm', 'OHM', 1],
    ['kΩ', 'kiloohm', 'B49', 1000],
    ['MΩ', 'megaohm', 'B75', 1e6],
    ['mΩ', 'milliohm', 'E45', 0.001],
  ],
  conductivity: [
    ['S/m', 'siemens per metre', 'D10', 1],
    ['mS/cm', 'millisiemens per centimetre', 'H61', 0.1],
    ['µS/cm', 'microsiemens per centimetre', 'G42', 1e-4],
  ],
  capacitance: [
    ['F', 'farad', 'FAR', 1],
    ['µF', 'microfarad', '4O', 1e-6],
  ],
  inductance: [
    ['H', 'henry', '81', 1],
    ['mH', 'millihenry', 'C14', 0.001],
  ],
  'flux density': [
    ['T', 'tesla', 'D33', 1],
    ['mT', 'millitesla', 'C29', 0.001],
  ],
  'dynamic viscosity': [
    ['Pa·s', 'pascal second', 'C65', 1],
    ['mPa·s', 'millipascal second', 'C24', 0.001],
  ],
  'kinematic viscosity': [
    ['m²/s', 'square metre per second', 'S4', 1],
    ['mm²/s', 'millimetre squared per second', 'C17', 1e-6],
  ],
  illuminance: [['lx', 'lux', 'LUX', 1]],
  irradiance: [['W/m²', 'watt per square metre', 'D54', 1]],
}
