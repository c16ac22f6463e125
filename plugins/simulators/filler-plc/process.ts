/**
 * The process behind the simulated PLC: a tank that a pump fills and a valve empties into bottles.
 *
 * It advances in fixed steps of {@link stepSeconds}, so that the same seed and the same commands at the same steps give the same run.
 */
export const stepSeconds = 0.01

/** Volume at which the tank overflows, in litres. */
export const capacity = 200

/** What the PLC is told to do. */
export interface Commands {
  /** Wanted opening of the valve, in percent. */
  valveSetpoint: number
  /** The pump may run; the PLC switches it by level. */
  pumpEnabled: boolean
  /** Level below which the pump starts, in litres. */
  refillLevel: number
  /** Temperature that the heater holds, in °C. */
  temperatureSetpoint: number
  /** Acknowledges a latched fault. */
  faultReset: boolean
}

/** What the process is doing. */
export interface ProcessState {
  /** In litres. */
  level: number
  /** Measured outflow, in l/s. */
  flow: number
  /** In °C. */
  temperature: number
  /** At the bottom of the tank, in bar. */
  pressure: number
  /** Actual opening, in percent. */
  valveOpening: number
  pumpRunning: boolean
  /** Latched: the pump ran dry or the tank overflowed. */
  fault: boolean
  /** Volume drawn since the start, in litres. */
  totalVolume: number
  steps: number
}

/** The process at rest: three quarters full, at 20 °C. */
export function initialState(): ProcessState {
  return {
    level: 150,
    flow: 0,
    temperature: 20,
    pressure: 0.15,
    valveOpening: 0,
    pumpRunning: false,
    fault: false,
    totalVolume: 0,
    steps: 0,
  }
}

/** Commands before anybody gave one. */
export function initialCommands(): Commands {
  return { valveSetpoint: 0, pumpEnabled: true, refillLevel: 80, temperatureSetpoint: 40, faultReset: false }
}

const pumpFlow = 3
const valveFlow = 3.2
const valveSpeed = 150
const flowLag = 0.08
const heaterTime = 120
const supplyTemperature = 12
const stopLevel = 170
const dryLevel = 0.5

/** Moves the process on by one step; `noise` is a number between -1 and 1 drawn for it. */
export function advance(state: ProcessState, commands: Commands, noise: number): void {
  const wanted = state.fault ? 0 : commands.valveSetpoint
  state.valveOpening = towards(state.valveOpening, Math.min(100, wanted), valveSpeed * stepSeconds)

  const head = Math.sqrt(Math.max(0, state.level) / capacity)
  const outflow = Math.min(valveFlow * (state.valveOpening / 100) * head, state.level / stepSeconds)
  state.pumpRunning = pumpWanted(state, commands)
  const inflow = state.pumpRunning ? pumpFlow : 0

  const heating = (commands.temperatureSetpoint - state.temperature) / heaterTime
  const cooling = ((supplyTemperature - state.temperature) * inflow) / Math.max(1, state.level)
  state.temperature += (heating + cooling) * stepSeconds
  state.level = Math.max(0, state.level + (inflow - outflow) * stepSeconds)
  state.totalVolume += outflow * stepSeconds
  state.pressure = (state.level / capacity) * 0.2
  // The meter follows with a lag and shows noise of half a percent of what flows.
  state.flow = Math.max(0, state.flow + ((outflow * (1 + 0.005 * noise) - state.flow) * stepSeconds) / flowLag)
  if (outflow === 0 && state.flow < 1e-4) state.flow = 0

  const isDry = state.level < dryLevel && state.valveOpening > 1
  state.fault = isDry || state.level > capacity || (state.fault && !commands.faultReset)
  state.steps += 1
}

function pumpWanted({ fault, level, pumpRunning }: ProcessState, { pumpEnabled, refillLevel }: Commands): boolean {
  if (fault || !pumpEnabled) return false
  return level < refillLevel || (pumpRunning && level < stopLevel)
}

function towards(value: number, target: number, most: number): number {
  return value + Math.max(-most, Math.min(most, target - value))
}

/** Numbers between -1 and 1 that depend on the seed alone (mulberry32). */
export function noiseFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1
  }
}
