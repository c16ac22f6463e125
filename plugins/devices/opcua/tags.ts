import { ReadingFailed, reading, type StatedReading, Status } from 'millrace/plugin'
import type { ClientSession, DataValue, NodeId } from 'node-opcua-client'
import type { TagConfig } from './config.ts'
import { factsOf, type Limits, type Refusal, resolveAll, type VariableFacts } from './resolve.ts'
import { type BuiltinName, rankMisfit, typeMisfit, valueIn } from './values.ts'

/** A tag with the node behind it, or the reason why it has none. */
export type ServedTag =
  | { readonly config: TagConfig; readonly nodeId: NodeId; readonly builtin: BuiltinName | undefined }
  | { readonly config: TagConfig; readonly refusal: Refusal }

/** A tag whose node is there and fits. */
export type UsableTag = Extract<ServedTag, { nodeId: NodeId }>

/** One reading of a tag. */
export type TagReading = StatedReading | ReadingFailed

/** Finds the nodes of all tags and compares their types; what does not fit concerns its own tag only. */
export async function findTags(
  session: ClientSession,
  tags: readonly TagConfig[],
  limits: Limits,
): Promise<readonly ServedTag[]> {
  const resolved = await resolveAll(
    session,
    tags.map(({ node }) => node),
    limits,
  )
  const nodeIds = resolved.flatMap((each) => ('nodeId' in each ? [each.nodeId] : []))
  const facts = await factsOf(session, nodeIds, limits)
  let next = 0
  return tags.map((config, index): ServedTag => {
    const node = resolved[index] as (typeof resolved)[number]
    if ('refusal' in node) return { config, refusal: node.refusal }
    const found = facts[next++] as (typeof facts)[number]
    if ('refusal' in found) return { config, refusal: found.refusal }
    const reason = misfitOf(config, found)
    return reason === undefined
      ? { config, nodeId: node.nodeId, builtin: found.builtin }
      : { config, refusal: { status: Status.BadTypeMismatch, reason: `${config.node}: ${reason}` } }
  })
}

function misfitOf(tag: TagConfig, { builtin, valueRank }: VariableFacts): string | undefined {
  // What is only written is converted to the type of the server, whatever that is.
  const isRead = tag.access !== 'write'
  if (builtin === 'ExtensionObject' || (builtin !== undefined && isRead)) {
    const misfit = typeMisfit(tag, builtin)
    if (misfit !== undefined) return misfit
  }
  if (valueRank > 1) return `the server has an array of ${valueRank} dimensions, which cannot be a tag`
  // -1 is a scalar, 1 and 0 are arrays; -2 and -3 leave it open (Part 3 §5.6.2).
  const isOpen = valueRank < -1
  return isOpen || valueRank >= 0 === tag.array ? undefined : rankMisfit(tag)
}

/** The names under which a tag is read, with the reason, for those that have no node. */
export function refusedReadings(tags: readonly ServedTag[]): Readonly<Record<string, ReadingFailed>> {
  return Object.fromEntries(
    tags.flatMap((tag) => {
      if (!('refusal' in tag) || tag.config.access === 'write') return []
      return [[tag.config.name, failed(tag.refusal)]]
    }),
  )
}

/** A refusal in place of a reading. */
export function failed({ status, reason }: Refusal): ReadingFailed {
  return new ReadingFailed(reason, { status })
}

/** Before this, a time on the wire means that there is none (Part 6 §5.2.2.5). */
const firstTime = Date.UTC(1601, 0, 2)

/** A value of the server as a reading, with the status and the time that the server gave; its own time where no source time is told. */
export function readingOf(tag: TagConfig, dataValue: DataValue): TagReading {
  const time = dataValue.sourceTimestamp ?? dataValue.serverTimestamp
  const sourceTime = time && time.getTime() > firstTime ? time.getTime() : undefined
  const status = dataValue.statusCode.value >>> 0
  // A server may leave the value out (Part 6 §5.2.2.17).
  const hasValue = !dataValue.statusCode.isBad() && Boolean(dataValue.value)
  if (!hasValue) return reading(null, { status, sourceTime })
  const taken = valueIn(tag, dataValue.value)
  if ('value' in taken) return reading(taken.value, { status, sourceTime })
  return new ReadingFailed(`${tag.node}: ${taken.reason}`, { status: Status.BadTypeMismatch })
}
