import { defineSimulator, double, text, uint8 } from 'millrace/plugin'
import { RtuBus } from './meter-bus/bus.ts'
import { type Tables, tablesOf } from './meter-bus/slave.ts'

/** Buses that run, by their name: meters with the same name are units on one line. */
const buses = new Map<string, Promise<RtuBus>>()

const tableSize = 32

export default defineSimulator({
  type: 'meter-bus',
  description: 'An energy meter on a serial bus with others, Modbus RTU behind a serial server on loopback.',
  config: {
    bus: text({ default: 'meters', description: 'Name of the bus; meters with the same name share one line.' }),
    unitId: uint8({ default: 1, min: 1, max: 247, description: 'Unit identifier of this meter.' }),
    power: double({ unit: 'kW', default: 4, description: 'Power that it measures.' }),
  },

  async start({ bus: name, unitId, power }) {
    const opening = buses.get(name) ?? RtuBus.listen()
    buses.set(name, opening)
    const bus = await opening
    if (!bus.add(unitId, meter(power)))
      throw new Error(`unit ${unitId} is twice on the bus ${name}; give another unitId`)
    let stopped: Promise<void> | undefined
    const stop = async (): Promise<void> => {
      bus.remove(unitId)
      if (bus.unitCount > 0) return
      buses.delete(name)
      await bus.close()
    }
    return {
      overrides: { transport: 'rtu-over-tcp', host: '127.0.0.1', port: bus.port, unitId },
      stop: () => (stopped ??= stop()),
    }
  },
})

/**
 * A meter: input registers 0 voltage (V, float32), 2 power (kW, float32), 4 energy (Wh, uint32), 6 frequency (0.01 Hz); holding
 * register 0 the ratio of its current transformer, 10 to 17 its name; coil 0 is its relay; discrete input 0 says that power flows.
 */
function meter(power: number): () => Tables {
  const tables = tablesOf(tableSize)
  const begun = performance.now()
  tables.holding[0] = 1
  tables.coil[0] = 1
  return () => {
    const flowing = tables.coil[0] === 1 ? power * (tables.holding[0] ?? 1) : 0
    const hours = (performance.now() - begun) / 3_600_000
    putFloat(tables.input, 0, 230)
    putFloat(tables.input, 2, flowing)
    const energy = Math.round(1000 * power * hours)
    tables.input.set([(energy >>> 16) & 0xffff, energy & 0xffff], 4)
    tables.input[6] = 5000
    tables.discrete[0] = flowing > 0 ? 1 : 0
    return tables
  }
}

function putFloat(registers: Uint16Array, address: number, value: number): void {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  registers.set([bytes.readUInt16BE(0), bytes.readUInt16BE(2)], address)
}
