import { boolean, choice, double, text, uint8, uint16, uint32 } from 'millrace/plugin'
import {
  characterMs,
  complaintsAboutLine,
  type LineAddress,
  type LineConfig,
  lineFields,
  type SerialAddress,
} from '../line/address.ts'
import { type Addressing, addressings } from './address.ts'
import type { BlockLimits } from './blocks.ts'
import { complaintsAbout } from './check-registers.ts'
import { type RegisterEntry, registers } from './registers.ts'

/** How frames travel. */
export const transports = ['tcp', 'rtu', 'rtu-over-tcp'] as const

/** Fields of the configuration of a Modbus device. */
export const settings = {
  transport: choice(transports, {
    default: 'tcp',
    description: 'Modbus TCP, RTU on a serial port of this machine, or RTU through a serial server.',
  }),
  ...lineFields,
  host: text({ optional: true, description: 'Host name or address, for tcp and rtu-over-tcp.' }),
  port: uint16({ optional: true, min: 1, description: 'TCP port; 502 when absent.' }),
  path: text({ optional: true, description: 'Serial port, for rtu: /dev/ttyUSB0, COM3.' }),
  baudRate: uint32({ optional: true, min: 50, max: 4_000_000, description: 'Bits per second; 19200 when absent.' }),
  parity: choice(['none', 'even', 'odd'], {
    optional: true,
    description: 'Parity of the serial port; even when absent.',
  }),
  unitId: uint8({ default: 1, description: 'Unit identifier: on a bus 1 to 247.' }),
  addressing: choice(addressings, {
    default: 'zeroBased',
    description: 'How addresses are written: from 0, from 1, or conventional as 40001 or 400001.',
  }),
  responseTimeout: double({
    ...{ unit: 'ms', default: 1000, min: 10, max: 60_000 },
    description: 'How long an answer may take to begin; others on the bus wait no longer for a unit that is silent.',
  }),
  frameGap: double({
    ...{ unit: 'ms', min: 0, max: 1000, optional: true },
    description: 'Silence between frames; 3.5 characters for rtu, else none.',
  }),
  probeEvery: double({
    ...{ unit: 'ms', default: 10_000, min: 100, max: 3_600_000 },
    description: 'How often a silent unit is asked while others share its bus.',
  }),
  gap: uint16({ default: 8, max: 1000, description: 'Unused addresses that are read along to save a request.' }),
  registersMax: uint16({ default: 125, min: 1, max: 125, description: 'The most registers in one request.' }),
  bitsMax: uint16({
    default: 2000,
    min: 1,
    max: 2000,
    description: 'The most coils or discrete inputs in one request.',
  }),
  writeMultiple: boolean({
    default: false,
    description: 'Write single values with function 15 and 16 too, for devices that lack 5 and 6.',
  }),
  maskWrite: boolean({
    default: true,
    description: 'Set bits of a register with function 22; without it, or where it is missing, by reading and writing.',
  }),
  registers,
}

/** A configuration with its defaults. */
export interface ModbusConfig extends LineConfig, BlockLimits {
  readonly transport: (typeof transports)[number]
  readonly unitId: number
  readonly addressing: Addressing
  readonly responseTimeout: number
  readonly frameGap?: number | undefined
  readonly probeEvery: number
  readonly writeMultiple: boolean
  readonly maskWrite: boolean
  readonly registers: readonly RegisterEntry[]
}

/** Where the line of a device is. Serial ports are 19200 baud with even parity, as the standard has it (Serial Line 1.02 §2.5.1). */
export function addressOf({ transport, host = '', port = 502, path = '', ...serial }: ModbusConfig): LineAddress {
  if (transport !== 'rtu') return { kind: 'tcp', host, port }
  const { baudRate = 19_200, parity = 'even', dataBits = 8, stopBits = 1 } = serial
  return { kind: 'serial', path, baudRate, parity, dataBits, stopBits }
}

/** Silence between frames: 3.5 characters, and 1.75 ms above 19200 baud (Serial Line 1.02 §2.5.1.1). */
export function frameGapMs(address: LineAddress, { frameGap }: Pick<ModbusConfig, 'frameGap'>): number {
  if (frameGap !== undefined) return frameGap
  if (address.kind === 'tcp') return 0
  return address.baudRate > 19_200 ? 1.75 : 3.5 * characterMs(address)
}

/** What all devices on one line must agree in, as a person would write it. */
export function agreementOf(address: LineAddress, config: ModbusConfig): string {
  const serial = address.kind === 'serial' ? ` ${serialText(address)}` : ''
  const gap = config.frameGap === undefined ? '' : ` and a frame gap of ${config.frameGap} ms`
  return `${config.transport}${serial}${gap}`
}

function serialText({ baudRate, parity, dataBits, stopBits }: SerialAddress): string {
  return `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`
}

/** What is wrong with a configuration beyond the form of its fields. */
export function complaintsAboutConfig(config: ModbusConfig): string[] {
  const { transport, unitId, addressing, registersMax, bitsMax, dataBits } = config
  const isBus = transport !== 'tcp'
  return [
    ...complaintsAboutLine(config, transport === 'rtu' ? 'serial' : 'tcp', transport),
    ...(isBus && (unitId < 1 || unitId > 247)
      ? [`unitId is ${unitId}; on a bus it goes from 1 to 247 (0 is a broadcast, which nobody answers)`]
      : []),
    ...(dataBits === 7 ? ['dataBits is 7, which Modbus ASCII has; RTU needs 8'] : []),
    ...complaintsAbout(config.registers, addressing, { registersMax, bitsMax }),
    ...complaintsAboutPeriods(config.registers),
  ]
}

/** Periods of their own that a device may have, each one more poll. */
const periodsMax = 20

function complaintsAboutPeriods(entries: readonly RegisterEntry[]): string[] {
  const periods = new Set(entries.flatMap(({ every }) => every ?? []))
  return periods.size > periodsMax
    ? [`registers have ${periods.size} different periods under every; use ${periodsMax} at most`]
    : []
}
