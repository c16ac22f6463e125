import {
  AttributeIds,
  type ClientMonitoredItem,
  type ClientSubscription,
  coerceNodeId,
  constructEventFilter,
  DataType,
  type NodeId,
  resolveNodeId,
  SimpleAttributeOperand,
  TimestampsToReturn,
  type Variant,
  type VariantLike,
} from 'node-opcua'
import { VirtualClock } from '../../../src/model/clock.ts'
import { diagnosticTag } from '../../../src/model/diagnostics.ts'
import type { ConnectionState, PlantEvent } from '../../../src/model/event.ts'
import type { DeviceDescription, PipelineDescription } from '../../../src/model/port.ts'
import type { ConditionStore } from '../../../src/opcua/alarms/condition-store.ts'
import type { ServerOptions } from '../../../src/opcua/server-options.ts'
import { until } from '../../kit/demo-plant.ts'
import { type Bench, type Client, type ConnectOptions, startBench } from '../bench.ts'
import { HandMadePlant } from '../hand-made-plant.ts'

/** The hand-made plant with a breaker on plc1, and limits on the output of fill. */
export class AlarmPlant extends HandMadePlant {
  override readonly devices: readonly DeviceDescription[] = new HandMadePlant().devices.map((device) =>
    device.id === 'plc1' ? { ...device, breaker: { failures: 3 } } : device,
  )
  override readonly pipelines: readonly PipelineDescription[] = new HandMadePlant().pipelines.map((pipeline) => ({
    ...pipeline,
    outputs: pipeline.outputs.map((output) => ({
      ...output,
      alarm: {
        ...{ lowLow: 5, low: 10, high: 40, highHigh: 45, deadband: 1, confirm: true },
        severity: { highHigh: 900 },
      },
    })),
  }))

  connection(device: string, state: ConnectionState, time = Date.now()): void {
    this.set(diagnosticTag(device, 'connectionState'), state, time)
  }

  /** A run of fill ends with an error, as pipelines tell it: the transition first. */
  fail(time = Date.now()): void {
    const of = { pipeline: 'fill', runId: 'run-7', time }
    const made = { transition: 'RunningToHalted', from: 'Running', to: 'Halted', initiator: '' } as const
    this.happen({ kind: 'programTransitioned', ...of, ...made, message: 'Fill control is halted' })
    const message = 'Fill control failed at step scale: overflow'
    this.happen({ kind: 'pipelineFailed', ...of, status: 0x803c0000, step: 'scale', message })
  }

  resetProgram(time = Date.now()): void {
    const made = { transition: 'HaltedToReady', from: 'Halted', to: 'Ready', initiator: 'kim' } as const
    const event: PlantEvent = {
      kind: 'programTransitioned',
      pipeline: 'fill',
      runId: 'run-7',
      ...made,
      time,
      message: '',
    }
    this.happen(event)
  }
}

/** The fields that tests select; those of our types are in the namespace of the types. */
const fieldNames = [
  ...['EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'ReceiveTime', 'Message', 'Severity'],
  ...['ConditionClassId', 'ConditionClassName', 'ConditionName', 'BranchId', 'Retain', 'Quality', 'LastSeverity'],
  ...['Comment', 'ClientUserId', 'EnabledState', 'EnabledState.Id', 'ActiveState', 'ActiveState.Id', 'InputNode'],
  ...['ActiveState.EffectiveDisplayName', 'AckedState.Id', 'ConfirmedState.Id', 'SuppressedOrShelved'],
  ...['ShelvingState.CurrentState', 'LimitState.CurrentState', 'LimitState.CurrentState.Id', 'MaxTimeShelved'],
  ...['HighHighLimit', 'LowLimit', 'NormalState'],
  ...['8:PipelineId', '8:RunId', '8:ErrorCode', '8:FailedStep', '8:DeviceId', '8:FailureCount'],
] as const

/** An event as a client gets it: values by the names of fields, texts plain. */
export interface Heard {
  readonly [field: string]: unknown
  readonly ConditionId: string
  readonly EventId: Buffer
}

/** A client that listens to events. */
export interface Listener {
  readonly heard: Heard[]
  readonly subscription: ClientSubscription
  readonly item: ClientMonitoredItem
  /** Waits for so many events in all, and gives the newest. */
  next(count?: number): Promise<Heard>
  /** Events of one condition. */
  of(condition: string): Heard[]
}

/** A served plant with alarms under a virtual clock. */
export interface AlarmBench {
  readonly plant: AlarmPlant
  readonly clock: VirtualClock
  readonly bench: Bench
  readonly client: Client
  connect(options?: ConnectOptions): Promise<Client>
  /** Calls a method of a condition and gives the name of the status; `method` may be a NodeId of namespace 0. */
  call(condition: string, method: string, inputs?: VariantLike[], client?: Client): Promise<string>
  acknowledge(event: Heard, client?: Client, comment?: string): Promise<string>
  stop(): Promise<void>
}

/** Starts an {@link AlarmPlant}; connection alarms have no delay unless one is given. */
export async function startAlarms(
  options: Partial<ServerOptions> & { plant?: AlarmPlant; store?: ConditionStore; connectionDelayMs?: number } = {},
): Promise<AlarmBench> {
  const { plant = new AlarmPlant(), store, connectionDelayMs = 0, ...rest } = options
  const clock = new VirtualClock(Date.now())
  const bench = await startBench({ view: plant, alarms: { clock, store, connectionDelayMs }, ...rest })
  const client = await bench.connect().catch(async (error: unknown) => {
    await bench.stop()
    throw error
  })
  const call: AlarmBench['call'] = async (condition, method, inputArguments = [], by = client) => {
    const objectId = condition.startsWith('i=') ? condition : by.id(condition)
    const methodId = method.startsWith('i=') ? method : by.id(`${condition}.${method}`)
    const { statusCode } = await by.session.call({ objectId, methodId, inputArguments })
    return statusCode.name
  }
  return {
    ...{ plant, clock, bench, client, call },
    connect: (how) => bench.connect(how),
    acknowledge: (event, by = client, comment = '') =>
      call(event.ConditionId, 'Acknowledge', answerTo(event, comment), by),
    stop: () => bench.stop(),
  }
}

/** The arguments of Acknowledge, Confirm and AddComment. */
export function answerTo(event: Pick<Heard, 'EventId'> | Buffer, comment = '', locale = ''): VariantLike[] {
  const eventId = Buffer.isBuffer(event) ? event : event.EventId
  return [
    { dataType: DataType.ByteString, value: eventId },
    { dataType: DataType.LocalizedText, value: { text: comment || null, locale: locale || null } },
  ]
}

/** Listens to the events of an object, the Server when none is given; all but those of conditions are left out. */
export async function listen(
  { session, id }: Client,
  notifier?: string,
  { queueSize = 1000, all = false }: { queueSize?: number; all?: boolean } = {},
): Promise<Listener> {
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 20, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 10 },
    ...{ maxNotificationsPerPublish: 10_000, publishingEnabled: true, priority: 1 },
  })
  const filter = constructEventFilter([...fieldNames])
  filter.selectClauses?.push(
    new SimpleAttributeOperand({
      attributeId: AttributeIds.NodeId,
      browsePath: [],
      typeDefinitionId: resolveNodeId('ConditionType'),
    }),
  )
  const heard: Heard[] = []
  const nodeId = notifier === undefined ? resolveNodeId('Server') : id(notifier)
  const item = (await subscription.monitor(
    { nodeId, attributeId: AttributeIds.EventNotifier },
    { queueSize, filter, discardOldest: true, samplingInterval: 0 },
    TimestampsToReturn.Both,
  )) as ClientMonitoredItem
  item.on('changed', (values) => {
    const event = heardOf(values as unknown as Variant[])
    if (all || event.ConditionId !== '') heard.push(event)
  })
  return {
    ...{ heard, subscription, item },
    of: (condition) => heard.filter(({ ConditionId }) => ConditionId === condition),
    async next(count = heard.length + 1) {
      await until(`${count} events, had ${heard.length}`, () => heard.length >= count, 4000)
      return heard.at(-1) as Heard
    },
  }
}

function heardOf(values: readonly Variant[]): Heard {
  const names = [...fieldNames.map((name) => name.replace(/^\d+:/, '')), 'ConditionId']
  const entries = names.map((name, index) => [name, plain(values[index])])
  return Object.fromEntries(entries) as unknown as Heard
}

/** Texts and identifiers as texts, statuses by their names. */
function plain(variant: Variant | undefined): unknown {
  const value: unknown = variant?.value
  switch (variant?.dataType) {
    case DataType.LocalizedText:
      return (value as { text?: string | null }).text ?? ''
    case DataType.NodeId: {
      const nodeId = value as NodeId
      return nodeId.isEmpty() ? '' : nodeId.namespace === 0 ? nodeId.toString().slice(5) : String(nodeId.value)
    }
    case DataType.StatusCode:
      return (value as { name: string }).name
    case undefined:
    case DataType.Null:
      return ''
    default:
      return value
  }
}

/** The name that a node of namespace 0 has. */
export async function browseNameOf({ session }: Client, nodeId: string): Promise<string> {
  const { value } = await session.read({ nodeId: coerceNodeId(nodeId), attributeId: AttributeIds.BrowseName })
  return String(value.value.name)
}
