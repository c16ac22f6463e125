/** What is bounded, and by how much. Bytes are bytes, times are in milliseconds; everything else is a number of things. */
interface LimitRow {
  /** Whether it is a time, which the plant file gives as a duration such as `2m`. */
  readonly isTime: boolean
  /** What holds when the plant file says nothing. */
  readonly value: number
  /** The smallest and the largest value that the plant file may give. */
  readonly min: number
  readonly max: number
  readonly description: string
  /** What a client gets that asks for more: the name of a status code, or what happens instead. */
  readonly answer: string
}

const kib = 1024
const mib = kib * kib

const row = (value: number, [min, max]: readonly [number, number], description: string, answer: string): LimitRow => ({
  isTime: false,
  value,
  min,
  max,
  description,
  answer,
})

const time = (...given: Parameters<typeof row>): LimitRow => ({ ...row(...given), isTime: true })

const second = 1000
const minute = 60 * second

const tooMany = 'BadTooManyOperations'
const tooLong = 'BadEncodingLimitsExceeded'

/**
 * The limits of the server. Each one is a key of `server: limits:` in the plant file, is enforced by the guard, and can be read
 * by clients: in `Server/ServerCapabilities` where the standard has a node for it (Part 5 §6.3.2), and all of them in
 * `PipelineRuntime/Guard/Limits`.
 */
export const limitTable = {
  connections: row(100, [3, 10_000], 'TCP connections', 'BadTcpNotEnoughResources'),
  connectionsPerAddress: row(80, [1, 10_000], 'TCP connections from one address', 'BadTcpNotEnoughResources'),
  sessions: row(50, [3, 10_000], 'Sessions', 'BadTooManySessions'),
  sessionsReserved: row(2, [0, 100], 'Sessions that only an administrator gets', 'BadTooManySessions'),
  sessionsPerUser: row(
    40,
    [1, 10_000],
    'Sessions of one user; those without a login count as one',
    'BadTooManySessions',
  ),
  sessionTimeout: time(2 * minute, [10 * second, 50 * minute], 'Life of a session without a request', 'revised'),
  handshakeTimeout: time(
    10 * second,
    [second, 2 * minute],
    'Time from the connection to its session',
    'the connection is closed',
  ),
  idleTimeout: time(
    minute,
    [5 * second, 60 * minute],
    'Life of a connection without a word',
    'the connection is closed',
  ),
  subscriptions: row(500, [1, 100_000], 'Subscriptions', 'BadTooManySubscriptions'),
  subscriptionsPerSession: row(10, [1, 10_000], 'Subscriptions of a session', 'BadTooManySubscriptions'),
  monitoredItems: row(50_000, [1, 10_000_000], 'Monitored items', 'BadTooManyMonitoredItems'),
  monitoredItemsPerSubscription: row(
    5_000,
    [1, 1_000_000],
    'Monitored items of a subscription',
    'BadTooManyMonitoredItems',
  ),
  monitoredItemsQueue: row(1_000, [1, 100_000], 'Values that wait in the queue of a monitored item', 'revised'),
  publishRequests: row(100, [10, 10_000], 'Publish requests of a session that wait', 'BadTooManyPublishRequests'),
  monitoredItemsPerCall: row(1_000, [1, 100_000], 'Monitored items that one request makes, changes or ends', tooMany),
  nodesPerRead: row(1_000, [1, 100_000], 'Nodes of a Read', tooMany),
  nodesPerWrite: row(500, [1, 100_000], 'Nodes of a Write', tooMany),
  nodesPerBrowse: row(100, [1, 10_000], 'Nodes of a Browse', tooMany),
  nodesPerTranslate: row(100, [1, 10_000], 'Paths of a TranslateBrowsePathsToNodeIds', tooMany),
  nodesPerRegister: row(500, [1, 10_000], 'Nodes of a RegisterNodes', tooMany),
  registeredNodesPerSession: row(10_000, [1, 1_000_000], 'Registered nodes of a session', tooMany),
  methodsPerCall: row(50, [1, 1_000], 'Methods of a Call', tooMany),
  methodCalls: row(200, [1, 10_000], 'Method calls under way', 'BadServerTooBusy'),
  methodCallsPerSession: row(20, [1, 10_000], 'Method calls under way of a session', 'BadServerTooBusy'),
  nodesPerHistoryReadData: row(50, [1, 10_000], 'Nodes of a HistoryRead of values', tooMany),
  nodesPerHistoryReadEvents: row(20, [1, 10_000], 'Nodes of a HistoryRead of events', tooMany),
  nodesPerHistoryUpdate: row(50, [1, 10_000], 'Nodes of a HistoryUpdate', tooMany),
  valuesPerHistoryUpdate: row(50_000, [1, 1_000_000], 'Values and times of a HistoryUpdate', tooMany),
  referencesPerBrowse: row(20_000, [100, 1_000_000], 'References in the answer to a Browse', 'BadNoContinuationPoints'),
  referencesPerNode: row(5_000, [10, 1_000_000], 'References of a node in one answer', 'a continuation point'),
  browseContinuationPoints: row(
    10,
    [1, 1_000],
    'Continuation points of Browse of a session',
    'BadNoContinuationPoints',
  ),
  historyContinuationPoints: row(
    10,
    [1, 1_000],
    'Continuation points of HistoryRead of a session',
    'BadNoContinuationPoints',
  ),
  selectOperands: row(200, [20, 10_000], 'Fields that an event filter selects', 'BadEventFilterInvalid'),
  whereOperands: row(100, [10, 1_000], 'Elements and operands of a where-clause', 'BadEventFilterInvalid'),
  arrayLength: row(65_535, [1_000, 10_000_000], 'Elements of an array', tooLong),
  stringLength: row(mib, [4 * kib, 64 * mib], 'Bytes of a string', tooLong),
  byteStringLength: row(4 * mib, [4 * kib, 64 * mib], 'Bytes of a byte string', tooLong),
  nesting: row(128, [100, 400], 'Depth of nested structures, variants and diagnostics', tooLong),
  messageBytes: row(4 * mib, [64 * kib, 64 * mib], 'Bytes of a message', 'BadTcpMessageTooLarge'),
  messageChunks: row(256, [8, 4_096], 'Chunks of a message', 'BadTcpMessageTooLarge'),
  unfinishedBytes: row(
    64 * mib,
    [mib, 1_024 * mib],
    'Bytes of all messages that have not arrived in full',
    'BadTcpNotEnoughResources',
  ),
} as const satisfies Readonly<Record<string, LimitRow>>

/** The name of a limit, as it is written in the plant file. */
export type LimitName = keyof typeof limitTable

/** Every limit with its value. */
export type Limits = Readonly<Record<LimitName, number>>

/** The names of all limits, in the order of the table. */
export const limitNames = Object.keys(limitTable) as readonly LimitName[]

/** What bounds what: the first of each can never be above the second. */
const bounds: readonly (readonly [LimitName, LimitName])[] = [
  ['connectionsPerAddress', 'connections'],
  ['sessionsPerUser', 'sessions'],
  ['subscriptionsPerSession', 'subscriptions'],
  ['monitoredItemsPerSubscription', 'monitoredItems'],
  ['methodCallsPerSession', 'methodCalls'],
  ['referencesPerNode', 'referencesPerBrowse'],
  ['handshakeTimeout', 'idleTimeout'],
  ['messageBytes', 'unfinishedBytes'],
  ['byteStringLength', 'messageBytes'],
  ['stringLength', 'messageBytes'],
]

/** What holds when the plant file says nothing. */
export const defaultLimits: Limits = limitsWith({})

/** The limits of the table, some of them chosen; what is not chosen is never above what bounds it. */
export function limitsWith(chosen: Partial<Limits>): Limits {
  const limits = Object.fromEntries(limitNames.map((name) => [name, chosen[name] ?? limitTable[name].value])) as {
    -readonly [Name in LimitName]: number
  }
  for (const [name, above] of bounds) {
    if (chosen[name] === undefined) limits[name] = Math.min(limits[name], limits[above])
  }
  return limits
}

/** A limit that was chosen and can never be reached, because what bounds it is smaller. */
export interface LimitConflict {
  readonly name: LimitName
  readonly above: LimitName
  /** The largest value that makes sense. */
  readonly max: number
}

/** Limits that were chosen and contradict others. */
export function limitConflicts(chosen: Partial<Limits>): readonly LimitConflict[] {
  const limits = limitsWith(chosen)
  const conflicts = bounds
    .filter(([name, above]) => limits[name] > limits[above])
    .map(([name, above]) => ({ name, above, max: limits[above] }))
  // Somebody who is no administrator has to get in as well.
  const max = limits.sessions - 1
  return limits.sessionsReserved <= max
    ? conflicts
    : [...conflicts, { name: 'sessionsReserved', above: 'sessions', max }]
}
