import { type DeviceContext, type Logger, NotConnected, Rejected } from 'millrace/plugin'
import { AttributeIds } from 'node-opcua-client'
import { Observable } from 'rxjs'
import type { Config, fields } from './config.ts'
import { callMethod, findMethods, type ServedMethod } from './methods.ts'
import { type Batch, Publishing } from './publishing.ts'
import { inParts, type Limits, limitsOf, rejected } from './resolve.ts'
import { explained, openSession, type Session, type SessionLink } from './session.ts'
import { type Subscription, subscribe, transfer } from './subscription.ts'
import { findTags, readingOf, refusedReadings, type ServedTag, type TagReading, type UsableTag } from './tags.ts'
import { variantOf } from './values.ts'

/** What was found out about the server for the declared tags and methods. */
interface Plan {
  readonly limits: Limits
  readonly tags: readonly ServedTag[]
  readonly methods: ReadonlyMap<string, ServedMethod>
}

/** What one connection leaves for the next one: the session with its subscription, which the server keeps for a while. */
interface Left {
  readonly session: Session
  readonly plan: Plan
  /** Absent for a device that is polled. */
  readonly subscription?: Subscription | undefined
  /** Readings of tags that the server refused. */
  readonly refused: Batch
}

/** The name of what is left in the memory of a device. */
const leftName = 'opcua.session'

/** A connection to an OPC UA server, made for the runtime. */
export interface OpcUaConnection {
  readonly readings?: Observable<Batch>
  read?(): Promise<Batch>
  write(setpoints: Readonly<Record<string, unknown>>): Promise<void>
  readonly methods: Readonly<Record<string, (inputs: never) => Promise<unknown>>>
  close(): Promise<void>
}

/** Connects to a server, with the session of the connection before where there is one. */
export async function connect(context: DeviceContext<typeof fields>): Promise<OpcUaConnection> {
  const { signal, certificatesFolder, memory, log } = context
  const config = context.config as Config
  if (certificatesFolder === undefined) {
    throw new Rejected('there is no folder for certificates; give the plant one with --certificates')
  }
  const left = memory?.get(leftName) as Left | undefined
  const link = await openSession({ config, certificatesFolder, signal, resume: left?.session })
  try {
    const served = await serve(link, config, left)
    signal.throwIfAborted()
    memory?.delete(leftName)
    return connectionOf({ link, config, served, memory, log })
  } catch (error) {
    const isKept = link.isLost || (link.isResumed && signal.aborted)
    if (!isKept) memory?.delete(leftName)
    await (isKept ? link.leave() : link.close())
    throw link.isLost
      ? new NotConnected('the connection was lost while it was made', { cause: error })
      : explained(error)
  }
}

/** What a connection works with: `isResumed` says that the subscription is the one of the connection before. */
interface Served {
  readonly plan: Plan
  readonly subscription?: Subscription | undefined
  readonly refused: Batch
  readonly isResumed: boolean
}

async function serve({ session, isResumed }: SessionLink, config: Config, left: Left | undefined): Promise<Served> {
  if (left && isResumed) return { ...left, isResumed }
  if (left?.subscription && (await transfer(session, left.subscription))) return { ...left, isResumed: true }
  const limits = await limitsOf(session)
  const tags = await findTags(session, config.tags, limits)
  const plan = { limits, tags, methods: await findMethods(session, config.methods, limits) }
  if (config.read === 'poll') return { plan, refused: refusedReadings(tags), isResumed: false }
  const { subscription, refused } = await subscribe(session, { config, tags, limits })
  return { plan, subscription, refused: { ...refusedReadings(tags), ...refused }, isResumed: false }
}

function connectionOf(parts: {
  readonly link: SessionLink
  readonly config: Config
  readonly served: Served
  readonly memory: Map<string, unknown> | undefined
  readonly log: Logger
}): OpcUaConnection {
  const { link, config, served, memory } = parts
  const { plan, subscription, refused } = served
  const { session } = link
  let closed: Promise<void> | undefined
  const asked = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => Promise.reject(factOf(error, link)))
  const close = async (): Promise<void> => {
    if (!link.isLost) return link.close()
    memory?.set(leftName, { session, plan, subscription, refused } satisfies Left)
    return link.leave()
  }
  return {
    ...(subscription
      ? { readings: readingsOf(parts, subscription) }
      : { read: () => asked(readAll(session, plan, refused)) }),
    write: (setpoints) => asked(writeAll(session, plan, setpoints)),
    methods: Object.fromEntries(
      config.methods.map(({ name }) => [
        name,
        (inputs: never) => asked(callMethod(session, plan.methods.get(name), inputs)),
      ]),
    ),
    close() {
      closed ??= close()
      return closed
    },
  }
}

/** The readings of a subscription. They end with NotConnected when the connection is lost; the server then keeps what follows. */
function readingsOf(
  { link, served, log }: Pick<Parameters<typeof connectionOf>[0], 'link' | 'served' | 'log'>,
  subscription: Subscription,
): Observable<Batch> {
  return new Observable((subscriber) => {
    const publishing = new Publishing({
      ...{ session: link.session, subscription, isResumed: served.isResumed, subscriber },
      onSilence: () => link.lose(),
      onMissing: (count) =>
        log.warn(`${count} messages of the server were lost; its queue for repetition is too short`),
    })
    if (Object.keys(served.refused).length > 0) subscriber.next(served.refused)
    link.onLost((error) => {
      publishing.end()
      subscriber.error(error)
    })
    publishing.start()
    return () => publishing.end()
  })
}

async function readAll(session: Session, { tags, limits }: Plan, refused: Batch): Promise<Batch> {
  const usable = tags.filter((tag): tag is UsableTag => 'nodeId' in tag && tag.config.access !== 'write')
  const nodes = usable.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }))
  const values = await inParts(nodes, limits.read, (part) => session.read(part))
  const readings: Record<string, TagReading> = { ...refused }
  for (const [index, value] of values.entries()) {
    const tag = usable[index]
    if (tag) readings[tag.config.name] = readingOf(tag.config, value)
  }
  return readings
}

async function writeAll(session: Session, plan: Plan, setpoints: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(setpoints)) {
    const tag = plan.tags.find(({ config }) => config.name === name)
    if (!tag) continue
    if ('refusal' in tag) throw rejected(tag.refusal)
    const { config, nodeId, builtin } = tag
    const status = await session.write({
      nodeId,
      attributeId: AttributeIds.Value,
      value: { value: variantOf(config, builtin, value) },
    })
    if (!status.isGoodish()) {
      throw new Rejected(`the server answered ${status.name} for ${config.node}`, { status: status.value })
    }
  }
}

/** What an error means for the runtime: the connection is gone, the server refused, or something else. */
function factOf(error: unknown, { isLost }: SessionLink): unknown {
  if (!isLost || error instanceof Rejected) return explained(error)
  const message = error instanceof Error ? error.message : String(error)
  return new NotConnected(message, { cause: error })
}
