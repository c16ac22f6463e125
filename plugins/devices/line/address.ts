import { choice, text, uint8, uint16, uint32 } from 'millrace/plugin'

/** Fields that say where a line is: a serial port of this machine, or a TCP address. */
export const lineFields = {
  host: text({ optional: true, description: 'Host name or address, over TCP.' }),
  port: uint16({ optional: true, min: 1, description: 'TCP port.' }),
  path: text({ optional: true, description: 'Serial port, such as /dev/ttyUSB0 or COM3.' }),
  baudRate: uint32({ optional: true, min: 50, max: 4_000_000, description: 'Bits per second of the serial port.' }),
  parity: choice(['none', 'even', 'odd'], { optional: true, description: 'Parity bit of the serial port.' }),
  dataBits: uint8({ optional: true, min: 7, max: 8, description: 'Data bits of the serial port; 8 when absent.' }),
  stopBits: uint8({ optional: true, min: 1, max: 2, description: 'Stop bits of the serial port; 1 when absent.' }),
}

/** What a configuration says about its line. */
export interface LineConfig {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly baudRate?: number | undefined
  readonly parity?: Parity | undefined
  readonly dataBits?: number | undefined
  readonly stopBits?: number | undefined
}

/** Parity bit of a character. */
export type Parity = 'none' | 'even' | 'odd'

/** A serial port and how it is set. */
export interface SerialAddress {
  readonly kind: 'serial'
  readonly path: string
  readonly baudRate: number
  readonly parity: Parity
  readonly dataBits: number
  readonly stopBits: number
  /** Who may tell the other side to wait: nobody when absent. */
  readonly flowControl?: 'hardware' | 'software' | undefined
}

/** Where a line is. */
export type LineAddress = { readonly kind: 'tcp'; readonly host: string; readonly port: number } | SerialAddress

/** The two ends of a line as a person would name them. */
export function nameOfLine(address: LineAddress): string {
  return address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path
}

/** Milliseconds that one character takes on a serial line: start bit, data, parity and stop bits. */
export function characterMs({ baudRate, parity, dataBits, stopBits }: SerialAddress): number {
  return (1000 * (1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits)) / baudRate
}

/** What is wrong with where a line is said to be: what is missing, and what has no place there. */
export function complaintsAboutLine(config: LineConfig, kind: LineAddress['kind'], what: string): string[] {
  const [wanted, foreign] =
    kind === 'tcp'
      ? (['host', ['path', 'baudRate', 'parity', 'dataBits', 'stopBits']] as const)
      : (['path', ['host', 'port']] as const)
  return [
    ...(config[wanted] ? [] : [`${wanted} is missing, which ${what} needs; add it`]),
    ...foreign.filter((key) => config[key] !== undefined).map((key) => `${key} means nothing for ${what}; remove it`),
  ]
}
