import type { DryRead } from '../dry-run.ts'
import type { Port } from '../model/port.ts'
import type { TagSample } from '../model/sample.ts'
import { isGood, Status, statusName } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { cellOf, jsonOf } from './kept.ts'
import { table } from './table.ts'

/** Tags that are told although they were not asked for, because something is wrong with them. */
const doubtfulMax = 10

/** What came of a dry run, as a table or as JSON. */
export function tellRead(
  plant: string,
  reads: readonly DryRead[],
  { json, tags }: { readonly json?: boolean; readonly tags?: boolean },
): string {
  if (json) return jsonOf(plainOf(plant, reads))
  if (reads.length === 0) return 'no device is enabled\n'
  const head = ['device', 'type', 'address', 'result', 'round trip', 'tags']
  const answered = reads.filter(({ outcome }) => outcome === 'read').length
  return [
    table([head, ...reads.map(rowOf)]),
    ...reads.filter(({ outcome }) => outcome !== 'read').map(whyNot),
    ...(tags ? reads.map(tagsOf) : [doubtfulOf(reads)]),
    `\n${answered} of ${reads.length} ${reads.length === 1 ? 'device' : 'devices'} answered\n`,
  ].join('')
}

const results: Readonly<Record<DryRead['outcome'], string>> = {
  read: 'connected',
  notRead: 'not read',
  notConnected: 'not connected',
  cancelled: 'no time left',
}

function rowOf(read: DryRead): readonly string[] {
  const { id, type } = read.entry.definition
  return [id, type, addressOf(read), results[read.outcome], roundTripOf(read), countsOf(read)]
}

/** Where a device is, as far as its configuration tells and may be shown. */
function addressOf({ entry, isSimulated }: DryRead): string {
  const { host, port, path, url, unitId } = entry.description.configuration
  const named = path ?? url
  const place = named === undefined ? [host, port].filter((part) => part !== undefined).join(':') : String(named)
  const unit = unitId === undefined || place === '' ? '' : ` unit ${unitId}`
  return cellOf(`${place}${unit}${isSimulated ? ' (simulator)' : ''}`)
}

function roundTripOf({ outcome, readMs }: DryRead): string {
  return outcome === 'read' && readMs !== undefined ? `${readMs < 10 ? readMs.toFixed(1) : Math.round(readMs)} ms` : ''
}

/** `98 Good, 2 BadConfigurationError`, the most frequent first. */
function countsOf({ samples, outcome }: DryRead): string {
  if (outcome !== 'read' && outcome !== 'notRead') return ''
  if (samples.length === 0) return 'none to read'
  const byStatus = Map.groupBy(samples, ({ sample }) => statusName(sample.status))
  const counts = [...byStatus].map(([name, { length }]) => ({ name, length })).sort((a, b) => b.length - a.length)
  return counts.map(({ name, length }) => `${length} ${name}`).join(', ')
}

function whyNot(read: DryRead): string {
  const { id } = read.entry.definition
  const { message, remedy } = reasonOf(read)
  return `\n${id}: ${cellOf(message, 300)}\n    remedy: ${remedy}\n`
}

function reasonOf({ outcome, failure }: DryRead): { readonly message: string; readonly remedy: string } {
  if (outcome === 'cancelled') {
    return {
      message: 'the deadline of the dry run has passed',
      remedy: 'raise --deadline, or choose devices with --device',
    }
  }
  const message = failure?.message ?? 'the connection was closed'
  const bySystem = remedyBySystemCode[failure?.systemCode ?? '']
  if (bySystem) return { message, remedy: bySystem }
  if (failure?.fact === 'answered') return { message, remedy: 'check what is asked of it against its manual' }
  if (failure?.fact === 'plugin') return { message, remedy: 'mend the plugin as the message says' }
  return { message, remedy: remedyByStatus[failure?.status ?? 0] ?? 'check the address, cable and power of the device' }
}

const remedyByStatus: Readonly<Record<number, string>> = {
  [Status.BadTimeout]: 'check its address and unit, that it is on and reachable, or raise its timeout',
  [Status.BadNoCommunication]: 'check the device behind its gateway or line: its cable, power and unit',
}

const unreachable = 'check the cable, the network and the address of the device'
const remedyBySystemCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check host and port, and that the device is on',
  ECONNRESET: 'it hung up: check its port, and how many connections it takes',
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ETIMEDOUT: unreachable,
  ENOTFOUND: 'check the host name',
  EAI_AGAIN: 'check the host name, and that the name server answers',
  ENOENT: 'check the path, and that what it names is plugged in',
  EACCES: 'let the user of this program use it',
  EBUSY: 'end the other program that uses it',
}

function tagsOf(read: DryRead): string {
  return read.samples.length === 0 ? '' : `\n${table(tagRows(read))}`
}

/** The tags that have no Good value, of devices that were read: those of the others have the reason of their device. */
function doubtfulOf(reads: readonly DryRead[]): string {
  const rows = reads
    .filter(({ outcome }) => outcome === 'read')
    .flatMap((read) => tagRows(read, ({ sample }) => !isGood(sample.status)))
  if (rows.length === 0) return ''
  const more = rows.length > doubtfulMax ? `and ${rows.length - doubtfulMax} more; --tags tells all\n` : ''
  return `\n${table(rows.slice(0, doubtfulMax))}${more}`
}

function tagRows({ entry, samples }: DryRead, isWanted: (sample: TagSample) => boolean = () => true): string[][] {
  const portByTag = portsOf(entry)
  return samples.filter(isWanted).map(({ tag, sample }) => {
    const port = portByTag.get(tag)
    return [tag, cellOf(valueText(sample.value, port), 40), port?.unit ?? '', statusName(sample.status)]
  })
}

function portsOf({ description }: DryRead['entry']): ReadonlyMap<string, Port> {
  return new Map(description.outputs.map((port) => [`${description.id}.${port.name}`, port]))
}

function valueText(value: Value, port: Port | undefined): string {
  if (value === null) return ''
  // A Float has seven digits; more of them are those of a Double.
  if (typeof value === 'number') return String(port?.dataType === 'Float' ? Number(value.toPrecision(7)) : value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map((each: Value) => valueText(each, port)).join(', ')
  return typeof value === 'object' ? 'an encoded value' : String(value)
}

function rounded(ms: number): number {
  return Number(ms.toFixed(3))
}

function plainOf(plant: string, reads: readonly DryRead[]) {
  return {
    plant,
    devices: reads.map((read) => {
      const { entry, outcome, samples, connectMs, readMs, isSimulated, failure } = read
      const { message, remedy } = reasonOf(read)
      const portByTag = portsOf(entry)
      return {
        ...{ device: entry.definition.id, type: entry.definition.type, address: addressOf(read), isSimulated, outcome },
        ...(outcome === 'read' ? {} : { message, remedy, status: statusName(failure?.status ?? Status.BadTimeout) }),
        ...(outcome === 'cancelled' ? {} : { connectMs: rounded(connectMs), roundTripMs: readMs && rounded(readMs) }),
        tags: samples.map(({ tag, sample: { value, status, sourceTime } }) => ({
          ...{ tag, value, unit: portByTag.get(tag)?.unit },
          ...{ status: statusName(status), statusCode: status, sourceTime: new Date(sourceTime) },
        })),
      }
    }),
  }
}
