import { defineDevice, type Fields, text, uint8, uint16 } from 'millrace/plugin'
import { type Block, blocksOf, split } from './modbus/blocks.ts'
import { decode, encode } from './modbus/codec.ts'
import { exceptionOf, type Link, openLink, readingFailed, writeRefused } from './modbus/link.ts'
import { complaintsAbout, fieldOf, isBit, type Register, registers } from './modbus/registers.ts'

/** Unused addresses between two tags that are fetched along, to save a request. */
const gapMax = 8

/** Exception 2: the device does not have one of the addresses. */
const illegalAddress = 2

export default defineDevice({
  type: 'modbus',
  description: 'A device on Modbus TCP: a PLC, a meter, a drive, a remote I/O.',
  config: {
    host: text({ description: 'Host name or address of the device.' }),
    port: uint16({ default: 502, min: 1, description: 'TCP port of the device.' }),
    unitId: uint8({ default: 1, max: 247, description: 'Unit identifier behind that address.' }),
    registers,
  },
  outputs: ({ registers }): Fields => ports(registers, 'write'),
  inputs: ({ registers }): Fields => ports(registers, 'read'),
  check: ({ registers }) => complaintsAbout(registers),

  async connect({ config: { host, port, unitId, registers }, signal }) {
    const link = await openLink({ host, port, unitId, signal })
    const registerByName = new Map<string, Register>(registers.map((register) => [register.name, register]))
    const plan = {
      blocks: blocksOf(
        registers.filter(({ access }) => access !== 'write'),
        gapMax,
      ),
    }
    return {
      read: () => readAll(link, plan),
      async write(setpoints: Readonly<Record<string, unknown>>) {
        for (const [name, value] of Object.entries(setpoints)) {
          const register = registerByName.get(name)
          if (register) await writeOne(link, register, value as number | boolean)
        }
      },
      close: () => link.close(),
    }
  },
})

/** The ports of all registers but those with an access of `without`. */
function ports(registers: readonly Register[], without: Register['access']): Fields {
  return Object.fromEntries(
    registers.filter(({ access }) => access !== without).map((register) => [register.name, fieldOf(register)]),
  )
}

type Readings = Record<string, unknown>

async function readAll(link: Link, plan: { blocks: Block[] }): Promise<Readings> {
  const readings: Readings = {}
  for (const block of plan.blocks) {
    try {
      Object.assign(readings, await readBlock(link, block))
    } catch (error) {
      const parts = exceptionOf(error) === illegalAddress ? split(block) : []
      plan.blocks = parts.length > 0 ? plan.blocks.flatMap((each) => (each === block ? parts : [each])) : plan.blocks
      Object.assign(readings, parts.length > 0 ? await readAll(link, { blocks: parts }) : failed(block, error))
    }
  }
  return readings
}

async function readBlock(link: Link, { kind, address, length, registers }: Block): Promise<Readings> {
  if (kind === 'coil' || kind === 'discrete') {
    const { data } = await link.request((modbus) =>
      kind === 'coil' ? modbus.readCoils(address, length) : modbus.readDiscreteInputs(address, length),
    )
    return Object.fromEntries(registers.map((register) => [register.name, data[register.address - address] === true]))
  }
  const { buffer } = await link.request((modbus) =>
    kind === 'holding' ? modbus.readHoldingRegisters(address, length) : modbus.readInputRegisters(address, length),
  )
  return Object.fromEntries(
    registers.map((register) => [register.name, decode(register, buffer.subarray(2 * (register.address - address)))]),
  )
}

function failed({ kind, address, registers }: Block, error: unknown): Readings {
  const failure = readingFailed(error, `${kind} ${address}`)
  return Object.fromEntries(registers.map(({ name }) => [name, failure]))
}

async function writeOne(link: Link, register: Register, value: number | boolean): Promise<void> {
  const { kind, address, name } = register
  try {
    if (kind === 'coil') await link.request((modbus) => modbus.writeCoil(address, value === true))
    else if (isBit(register)) await writeBit(link, register, value === true)
    else {
      const bytes = encode(register, value as number)
      await link.request<unknown>((modbus) =>
        bytes.length === 2
          ? modbus.writeRegister(address, bytes.readUInt16BE(0))
          : modbus.writeRegisters(address, bytes),
      )
    }
  } catch (error) {
    throw writeRefused(error, `${name} at ${kind} ${address}`)
  }
}

/** Sets one bit with a mask write (function code 22); devices that lack it get a read and a write, with nothing of ours in between. */
async function writeBit(link: Link, { address, bit = 0, order }: Register, value: boolean): Promise<void> {
  const position = order === 'ABCD' || order === 'CDAB' ? bit : (bit + 8) % 16
  const mask = 1 << position
  await link.request<unknown>(async (modbus) => {
    try {
      return await modbus.maskWriteRegister(address, 0xffff & ~mask, value ? mask : 0)
    } catch (error) {
      if (exceptionOf(error) !== 1) throw error
      const { data } = await modbus.readHoldingRegisters(address, 1)
      const old = data[0] ?? 0
      return modbus.writeRegister(address, value ? old | mask : old & ~mask)
    }
  })
}
