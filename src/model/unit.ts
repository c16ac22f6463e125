import { unitTable } from './unit-table.ts'

/**
 * An engineering unit of the UNECE Recommendation 20 table, as OPC UA shows it (EUInformation, Part 8 §5.6.3.3).
 *
 * `value * gain + offset` is the value in the base unit of its dimension.
 */
export interface Unit {
  /** How it is printed and written in files: `°C`, `m³/h`. */
  readonly symbol: string
  readonly name: string
  /** UNECE common code, such as `CEL`. */
  readonly code: string
  /** The common code as the number that OPC UA clients compare. */
  readonly unitId: number
  /** Units of one dimension convert into each other: `pressure`, `volume flow`. */
  readonly dimension: string
  readonly gain: number
  readonly offset: number
}

/** Namespace URI of `EUInformation` (Part 8 §5.6.3.3). */
export const unitNamespace = 'http://www.opcfoundation.org/UA/units/un/cefact'

/** Turns a common code into the number of `EUInformation.unitId`: its characters as the bytes of an integer (Part 8 §5.6.3.3). */
function unitIdOf(code: string): number {
  return [...code].reduce((id, character) => id * 256 + character.charCodeAt(0), 0)
}

/** Every unit that files and plugins may name, grouped by dimension. */
export const units: readonly Unit[] = Object.entries(unitTable).flatMap(([dimension, rows]) =>
  rows.map(([symbol, name, code, gain, offset = 0]) => ({
    symbol,
    name,
    code,
    unitId: unitIdOf(code),
    dimension,
    gain,
    offset,
  })),
)

/** Other spellings, besides those that {@link plain} already makes equal. */
const aliases: Readonly<Record<string, string>> = {
  rpm: 'r/min',
  rps: 'r/s',
  'rev/min': 'r/min',
  'rev/s': 'r/s',
  pct: '%',
  percent: '%',
  sec: 's',
  hr: 'h',
  day: 'd',
  psi: 'lbf/in²',
  gal: 'gal (US)',
  gpm: 'gal (US) /min',
  lpm: 'l/min',
  VA: 'V·A',
  hp: 'metric hp',
  PS: 'metric hp',
  pc: 'pcs',
  celsius: '°C',
  fahrenheit: '°F',
}

/** Spelling with ASCII letters alone, so that `m3/h`, `m^3/h` and `m³/h`, `degC` and `°C`, `Nm` and `N·m` are one. */
function plain(symbol: string): string {
  return symbol
    .replace(/[µμ]/g, 'u')
    .replace(/[ΩΩ]/g, 'ohm')
    .replaceAll('°', 'deg')
    .replace(/²|\^2/g, '2')
    .replace(/³|\^3/g, '3')
    .replace(/[·*. ]/g, '')
    .replaceAll('L', 'l')
}

const unitByPlainSymbol = new Map(units.map((unit) => [plain(unit.symbol), unit]))
for (const [alias, symbol] of Object.entries(aliases)) {
  const unit = unitByPlainSymbol.get(plain(symbol))
  if (unit && !unitByPlainSymbol.has(plain(alias))) unitByPlainSymbol.set(plain(alias), unit)
}

/** The unit that a symbol or one of its usual spellings names (`degC`, `m3/h`, `L`, `rpm`), or undefined. */
export function unitOf(symbol: string): Unit | undefined {
  return unitByPlainSymbol.get(plain(symbol))
}

/** How a value in one unit becomes a value in another: `value * gain + offset`. Undefined for unknown units and other dimensions. */
export function conversion(from: string, to: string): { gain: number; offset: number } | undefined {
  const source = unitOf(from)
  const target = unitOf(to)
  if (!source || !target || source.dimension !== target.dimension) return undefined
  if (source === target) return { gain: 1, offset: 0 }
  return {
    gain: rounded(source.gain / target.gain),
    offset: rounded((source.offset - target.offset) / target.gain),
  }
}

/** Takes the noise of the division away, so that 0 °C is 32 °F and not 31.999999999999986. */
function rounded(factor: number): number {
  return Number(factor.toPrecision(14))
}
