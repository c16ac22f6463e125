import type { Commands, ProcessState } from './process.ts'

/**
 * The memory of the PLC as Modbus sees it. The orders of bytes differ on purpose: real plants mix them.
 *
 * | table | address | content |
 * |---|---|---|
 * | input | 0 | level [l], float32 ABCD |
 * | input | 2 | flow [l/s], float32 CDAB |
 * | input | 4 | temperature, int16, 0.1 °C |
 * | input | 5 | pressure, uint16, 0.0001 bar |
 * | input | 6 | total volume [l], float64 ABCD |
 * | input | 10 | steps of the process, int32 DCBA |
 * | input | 12 | status word: bit 0 pump running, 1 valve open, 2 level low, 3 level high, 8 fault |
 * | holding | 0 | valve setpoint, uint16, 0.01 % |
 * | holding | 1 | temperature setpoint, int16, 0.1 °C |
 * | holding | 2 | refill level [l], float32 ABCD |
 * | holding | 4 | control word: bit 0 pump enabled, bit 1 fault reset |
 * | coil | 0 | pump enabled |
 * | coil | 1 | fault reset |
 * | discrete | 0 | pump running |
 * | discrete | 1 | valve open |
 * | discrete | 2 | level low |
 * | discrete | 3 | level high |
 * | discrete | 4 | fault |
 */
export interface Image {
  readonly input: Buffer
  readonly holding: Buffer
  readonly coils: boolean[]
  readonly discretes: boolean[]
}

/** Registers of the input table, of the holding table, coils and discretes. */
export const sizes = { input: 13, holding: 5, coils: 2, discretes: 5 } as const

/** Shows the process as registers, with commands as they stand. */
export function imageOf(state: ProcessState, commands: Commands): Image {
  const discretes = [
    state.pumpRunning,
    state.valveOpening > 1,
    state.level < commands.refillLevel,
    state.level > 180,
    state.fault,
  ]
  return {
    input: inputTable(state, discretes),
    holding: holdingTable(commands),
    coils: [commands.pumpEnabled, commands.faultReset],
    discretes,
  }
}

function inputTable(state: ProcessState, discretes: readonly boolean[]): Buffer {
  const table = Buffer.alloc(2 * sizes.input)
  table.writeFloatBE(state.level, 0)
  const flow = Buffer.alloc(4)
  flow.writeFloatBE(state.flow)
  flow.copy(table, 4, 2, 4)
  flow.copy(table, 6, 0, 2)
  table.writeInt16BE(Math.round(state.temperature * 10), 8)
  table.writeUInt16BE(Math.round(state.pressure * 10_000), 10)
  table.writeDoubleBE(state.totalVolume, 12)
  table.writeInt32LE(state.steps | 0, 20)
  const bits = [0, 1, 2, 3, 8]
  table.writeUInt16BE(
    discretes.reduce((word, isSet, index) => (isSet ? word | (1 << (bits[index] ?? 0)) : word), 0),
    24,
  )
  return table
}

function holdingTable(commands: Commands): Buffer {
  const table = Buffer.alloc(2 * sizes.holding)
  table.writeUInt16BE(Math.round(commands.valveSetpoint * 100), 0)
  table.writeInt16BE(Math.round(commands.temperatureSetpoint * 10), 2)
  table.writeFloatBE(commands.refillLevel, 4)
  table.writeUInt16BE((commands.pumpEnabled ? 1 : 0) | (commands.faultReset ? 2 : 0), 8)
  return table
}

/** Takes what was written to the holding table into the commands. */
export function takeHolding(commands: Commands, table: Buffer): void {
  commands.valveSetpoint = Math.min(100, table.readUInt16BE(0) / 100)
  commands.temperatureSetpoint = table.readInt16BE(2) / 10
  commands.refillLevel = table.readFloatBE(4)
  const control = table.readUInt16BE(8)
  commands.pumpEnabled = (control & 1) !== 0
  commands.faultReset = (control & 2) !== 0
}
