import { TimedOut, type Value } from 'millrace/plugin'
import type { Ask } from './bus.ts'
import { bitOnLine, encode } from './codec.ts'
import { exceptionOf, writeRefused } from './exceptions.ts'
import { lengthOf, type Register } from './registers.ts'
import type { Session } from './session.ts'

/** Exception 1: the device does not have the function. */
const illegalFunction = 1

/** How values are written. */
export interface WriteSettings {
  /** With functions 15 and 16 even when it is one value. */
  readonly writeMultiple: boolean
}

/** Writes one tag; rejects with Rejected and the status of the exception when the device refuses it. */
export async function writeTag(
  session: Session,
  target: { readonly register: Register; readonly value: Value },
  settings: WriteSettings,
): Promise<void> {
  const { register } = target
  const { kind, address, name, bit } = register
  try {
    // What cannot be written at all is refused before the bus is asked for.
    const send = bit === undefined ? sendingOf(target, settings) : (ask: Ask) => writeBit(session, ask, target)
    await session.member.use('write', async (ask) => {
      await send(ask)
      session.wrote({ kind, address, length: lengthOf(register) })
    })
  } catch (error) {
    throw writeRefused(error, `${name} at ${kind} ${address}`)
  }
}

function sendingOf(
  { register, value }: { readonly register: Register; readonly value: Value },
  { writeMultiple }: WriteSettings,
): (ask: Ask) => Promise<unknown> {
  const { kind, address, count } = register
  if (kind === 'coil') {
    if (count === undefined && !writeMultiple)
      return (ask) => ask((modbus) => modbus.writeCoil(address, value === true))
    const states = bitsToWrite(register, value)
    return (ask) => ask((modbus) => modbus.writeCoils(address, states))
  }
  const bytes = encode(register, value)
  return bytes.length === 2 && !writeMultiple
    ? (ask) => ask((modbus) => modbus.writeRegister(address, bytes.readUInt16BE(0)))
    : (ask) => ask((modbus) => modbus.writeRegisters(address, bytes))
}

function bitsToWrite(register: Register, value: Value): boolean[] {
  if (register.count === undefined) return [value === true]
  // The codec tells a wrong number of values; a coil is written like a register of the type bool here.
  const bytes = encode({ ...register, type: 'bool', order: 'ABCD' }, value)
  return Array.from({ length: register.count }, (_, index) => bytes.readUInt16BE(2 * index) === 1)
}

/** Sets one bit with a mask write (function 22); where that is missing, by reading and writing with nobody in between. */
async function writeBit(
  { knowledge }: Session,
  ask: Ask,
  { register, value }: { readonly register: Register; readonly value: Value },
): Promise<void> {
  const { address } = register
  const mask = 1 << bitOnLine(register)
  if (knowledge.maskWrite !== 'no') {
    try {
      await ask((modbus) => modbus.maskWriteRegister(address, 0xffff & ~mask, value === true ? mask : 0))
      knowledge.maskWrite = 'yes'
      return
    } catch (error) {
      // Some devices do not answer functions that they do not know.
      const isSilent = knowledge.maskWrite === 'unknown' && error instanceof TimedOut
      if (exceptionOf(error) !== illegalFunction && !isSilent) throw error
      knowledge.maskWrite = 'no'
    }
  }
  const { data } = await ask((modbus) => modbus.readHoldingRegisters(address, 1))
  const old = data[0] ?? 0
  await ask((modbus) => modbus.writeRegister(address, value === true ? old | mask : old & ~mask))
}
