import { defineDevice, type Fields, type Value } from 'millrace/plugin'
import { type Block, blocksOf } from './modbus/blocks.ts'
import { Buses } from './modbus/buses.ts'
import { examples } from './modbus/examples.ts'
import { openBus } from './modbus/open-bus.ts'
import { portsOf } from './modbus/ports.ts'
import { greet, readGroup } from './modbus/reading.ts'
import { type Register, registersOf } from './modbus/registers.ts'
import { type Knowledge, Session } from './modbus/session.ts'
import {
  addressOf,
  agreementOf,
  complaintsAboutConfig,
  frameGapMs,
  type ModbusConfig,
  settings,
} from './modbus/settings.ts'
import { writeTag } from './modbus/writing.ts'

/** All open buses: device entries that name the same line share it. */
const buses = new Buses()

/** What was learned of a device, by its configuration: it is the same object for each attempt to connect. */
const knowledgeByConfig = new WeakMap<object, Knowledge>()

/** The group of registers without a period of their own. */
const ownPeriod = 'device'

export default defineDevice({
  type: 'modbus',
  description: 'A device on Modbus TCP, RTU, or RTU over TCP: a PLC, a meter, a drive, a remote I/O.',
  config: settings,
  outputs: ({ registers, addressing }): Fields => portsOf(registersOf(registers, addressing), 'write'),
  inputs: ({ registers, addressing }): Fields => portsOf(registersOf(registers, addressing), 'read'),
  check: complaintsAboutConfig,
  examples,

  async connect({ config, signal }) {
    const registers = registersOf(config.registers, config.addressing)
    const session = new Session(await join(config, signal), knowledgeOf(config, registers))
    const [first] = [...session.knowledge.blocksByGroup.values()].flat()
    try {
      if (first) await greet(session, first)
    } catch (error) {
      await session.member.leave()
      throw error
    }
    const registerByName = new Map(registers.map((register) => [register.name, register]))
    const periods = [...new Set(readable(registers).flatMap(({ every }) => every ?? []))]
    return {
      isConcurrent: true,
      read: () => readRest(session),
      groups: periods.map((everyMs) => ({
        everyMs,
        outputs: readable(registers).flatMap(({ name, every }) => (every === everyMs ? [name] : [])),
        read: () => readGroup(session, groupOf(everyMs)),
      })),
      async write(setpoints: Readonly<Record<string, unknown>>) {
        for (const [name, value] of Object.entries(setpoints)) {
          const register = registerByName.get(name)
          if (register) await writeTag(session, { register, value: value as Value }, config)
        }
      },
      close: () => session.member.leave(),
    }
  },
})

function join(config: ModbusConfig, signal: AbortSignal) {
  const { transport, unitId, responseTimeout, probeEvery } = config
  const address = addressOf(config)
  const plan = { address, isTcp: transport === 'tcp', frameGapMs: frameGapMs(address, config) }
  return buses.join({
    ...{ address, signal, settings: agreementOf(address, config) },
    unit: { unit: unitId, responseTimeoutMs: responseTimeout, probeMs: probeEvery },
    open: (wanted, units) => openBus(plan, wanted, units),
  })
}

/** What is read with the device's own period; everything, when all registers have one of their own and nobody polls the rest. */
async function readRest(session: Session): Promise<Record<string, unknown>> {
  const { blocksByGroup } = session.knowledge
  if (blocksByGroup.has(ownPeriod)) return readGroup(session, ownPeriod)
  const readings = await Promise.all([...blocksByGroup.keys()].map((group) => readGroup(session, group)))
  return Object.assign({}, ...readings)
}

function knowledgeOf(config: ModbusConfig, registers: readonly Register[]): Knowledge {
  const known = knowledgeByConfig.get(config)
  if (known) return known
  const blocksByGroup = new Map<string, Block[]>()
  for (const [group, members] of Map.groupBy(readable(registers), ({ every }) => groupOf(every))) {
    blocksByGroup.set(group, blocksOf(members, config))
  }
  const knowledge: Knowledge = { blocksByGroup, maskWrite: config.maskWrite ? 'unknown' : 'no' }
  knowledgeByConfig.set(config, knowledge)
  return knowledge
}

function groupOf(everyMs: number | undefined): string {
  return everyMs === undefined ? ownPeriod : `${everyMs} ms`
}

function readable(registers: readonly Register[]): Register[] {
  return registers.filter(({ access }) => access !== 'write')
}
