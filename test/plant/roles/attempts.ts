import {
  AttributeIds,
  type ClientMonitoredItem,
  DataType,
  type DataValue,
  LocalizedText,
  type NodeId,
  TimestampsToReturn,
  Variant,
  type VariantLike,
} from 'node-opcua'
import { DeleteRawModifiedDetails, IdentityCriteriaType, IdentityMappingRuleType } from 'node-opcua-types'
import type { Client } from '../../opcua/bench.ts'
import { eventPagesOf } from '../../opcua/history/events/event-bench.ts'
import { historyRead, rawDetails } from '../../opcua/history/reading.ts'
import { dataValue, deletingRange, historyUpdate, putting } from '../../opcua/history/updating.ts'
import type { Cell } from './matrix.ts'

/** Cells that are tried one by one; events are heard by all at once. */
export type Tried = Exclude<Cell, `${'Events' | 'Audit events'} ${string}`>

type Attempt = (client: Client) => Promise<boolean>

const unit = 'eq/Acme/Line1'
const denied = ['BadUserAccessDenied', 'BadSecurityModeInsufficient']

/** Whether a call gets as far as the method, whatever that says. */
const calls =
  (object: string, method: string, ...values: VariantLike[]): Attempt =>
  async ({ session, id }) => {
    const node = (name: string): string => (/^i=/.test(name) ? name : id(name))
    const inputArguments = values.map((value) => new Variant(value))
    const { statusCode } = await session.call({ objectId: node(object), methodId: node(method), inputArguments })
    return !denied.includes(statusCode.name)
  }

/** Whether an attribute can be read. */
const reads =
  (name: string, attributeId: AttributeIds): Attempt =>
  async ({ session, id }) => {
    const nodeId = /^(i|ns)=/.test(name) ? name : id(name)
    return (await session.read({ nodeId, attributeId })).statusCode.isGood()
  }

/** Whether an attribute can be written. */
const writes =
  (name: string, value: VariantLike, attributeId = AttributeIds.Value): Attempt =>
  async ({ session, id }) => {
    const nodeId = /^i=/.test(name) ? name : id(name)
    return (await session.write({ nodeId, attributeId, value: { value } })).isGood()
  }

/** Whether a node is seen below another one. */
const sees =
  (parent: string, wanted: string): Attempt =>
  async ({ session, id }) => {
    const node = (name: string): string => (/^(i|ns)=/.test(name) ? name : id(name))
    const description = { nodeId: node(parent), browseDirection: 0, includeSubtypes: true, resultMask: 63 }
    const { references } = await session.browse({ ...description, referenceTypeId: 'i=33', nodeClassMask: 0 } as never)
    return (references ?? []).some(({ nodeId }: { nodeId: NodeId }) => same(nodeId, node(wanted)))
  }

function same(nodeId: NodeId, text: string): boolean {
  return nodeId.toString().replace('ns=0;', '') === text.replace('ns=0;', '')
}

const text = (value: string): VariantLike => ({ dataType: DataType.String, value })
const double = (value: number): VariantLike => ({ dataType: DataType.Double, value })
const types = { object: 'ns=8;i=1047', variable: 'i=63', data: 'ns=8;i=1000', reference: 'ns=8;i=1006' }
const rule = new IdentityMappingRuleType({ criteriaType: IdentityCriteriaType.UserName, criteria: 'nobody at all' })
const last = () => ({ start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) })

/** What is tried for each cell; true when it was allowed. */
export const attempts: Readonly<Record<Tried, Attempt>> = {
  'Browse Object': sees('i=85', 'eq/Acme'),
  'Browse Variable': sees('pipe/scale.Parameters', 'pipe/scale.Parameters.limit'),
  'Browse Method': sees('pipe/scale', 'pipe/scale.Reset'),
  'Browse Object of the server': sees('i=85', 'i=2253'),
  'Browse ObjectType': sees('i=2391', types.object),
  'Browse VariableType': sees('i=62', types.variable),
  'Browse DataType': sees('i=29', types.data),
  'Browse ReferenceType': sees('i=32', types.reference),
  'TranslateBrowsePathsToNodeIds Variable': async ({ session, id }) => {
    const { statusCode } = await session.translateBrowsePath({
      startingNode: id('pipe/scale'),
      relativePath: {
        elements: [
          { referenceTypeId: 'i=33', includeSubtypes: true, targetName: { namespaceIndex: 8, name: 'PipelineId' } },
        ],
      },
    } as never)
    return statusCode.isGood()
  },
  'Read Object DisplayName': reads(unit, AttributeIds.DisplayName),
  'Read Variable Value': reads('dev/boiler1.setpoint', AttributeIds.Value),
  'Read Variable DataType': reads('dev/boiler1.setpoint', AttributeIds.DataType),
  'Read Variable Value of a parameter': reads('pipe/scale.Parameters.limit', AttributeIds.Value),
  'Read Variable Value of the server': reads('i=2259', AttributeIds.Value),
  'Read Variable Value of the sessions of others': reads('i=3707', AttributeIds.Value),
  'Read Variable Value of the users': reads('i=24301', AttributeIds.Value),
  'Read Variable Value of who holds a role': reads('i=16225', AttributeIds.Value),
  'Read Method Executable': reads('pipe/scale.Reset', AttributeIds.Executable),
  'Read ObjectType BrowseName': reads(types.object, AttributeIds.BrowseName),
  'Read VariableType BrowseName': reads(types.variable, AttributeIds.BrowseName),
  'Read DataType BrowseName': reads(types.data, AttributeIds.BrowseName),
  'Read ReferenceType BrowseName': reads(types.reference, AttributeIds.BrowseName),
  'Read Object RolePermissions': reads(unit, AttributeIds.RolePermissions),
  'Read Variable RolePermissions': reads('dev/boiler1.setpoint', AttributeIds.RolePermissions),
  'Read Method RolePermissions': reads('pipe/scale.Reset', AttributeIds.RolePermissions),
  'Read ObjectType RolePermissions': reads(types.object, AttributeIds.RolePermissions),
  'Read Object UserRolePermissions': reads(unit, AttributeIds.UserRolePermissions),
  'Read Variable UserRolePermissions': reads('dev/boiler1.setpoint', AttributeIds.UserRolePermissions),
  'Read Method UserRolePermissions': reads('pipe/scale.Reset', AttributeIds.UserRolePermissions),
  'Read ObjectType UserRolePermissions': reads(types.object, AttributeIds.UserRolePermissions),
  'Write Variable Value of a writable tag': writes('dev/boiler1.setpoint', double(30)),
  'Write Variable Value of a parameter': writes('pipe/scale.Parameters.limit', double(5)),
  'Write Variable Value of a tag that is not writable': writes('dev/boiler1.level', double(5)),
  'Write Variable Value of the server': writes('i=2267', { dataType: DataType.Byte, value: 1 }),
  'Write Object DisplayName': writes(
    unit,
    { dataType: DataType.LocalizedText, value: new LocalizedText({ text: 'mine' }) },
    AttributeIds.DisplayName,
  ),
  'Write Object RolePermissions': writes(
    unit,
    { dataType: DataType.ExtensionObject, arrayType: 1, value: [] },
    AttributeIds.RolePermissions,
  ),
  'Write ObjectType DisplayName': writes(
    'i=2391',
    { dataType: DataType.LocalizedText, value: new LocalizedText({ text: 'mine' }) },
    AttributeIds.DisplayName,
  ),
  'Call Start of a pipeline': calls('pipe/scale', 'pipe/scale.Start'),
  'Call Reset of a pipeline': calls('pipe/scale', 'pipe/scale.Reset'),
  'Call Connect of a device': calls('dev/boiler1', 'dev/boiler1.Connect'),
  'Call Validate of the runtime': calls('runtime', 'runtime.Validate', text('pipeline: x'), text('')),
  'Call FindRun of a pipeline': calls(
    ...(['pipe/scale', 'pipe/scale.FindRun', text('scaled')] as const),
    ...[
      { dataType: DataType.DateTime, value: new Date() },
      { dataType: DataType.UInt32, value: 0 },
    ],
  ),
  'Call Acknowledge of an alarm': calls(
    ...(['dev/boiler1.DeviceHealthAlarms.ConnectionFailure', 'i=9111'] as const),
    ...[
      { dataType: DataType.ByteString, value: Buffer.alloc(16, 1) },
      { dataType: DataType.LocalizedText, value: new LocalizedText({ text: 'seen' }) },
    ],
  ),
  'Call AddUser': calls('i=24290', 'i=24304', text(''), text(''), { dataType: DataType.UInt32, value: 0 }, text('')),
  'Call AddIdentity': calls('i=15680', 'i=15684', { dataType: DataType.ExtensionObject, value: rule }),
  'Call GetMonitoredItems of the server': calls('i=2253', 'i=11492', { dataType: DataType.UInt32, value: 0 }),
  'HistoryRead Variable': async ({ session, id }) => {
    const [result] = await historyRead(session, rawDetails(last()), [{ nodeId: id('pipe/scale.Outputs.scaled') }])
    return result?.statusCode.isGood() === true
  },
  'HistoryRead events of Object': readsEvents(unit),
  'HistoryRead events of the server': readsEvents('i=2253'),
  'HistoryRead audit events of the server': async ({ session }) => {
    const events = await eventPagesOf(session, 'i=2253', { ...last(), fields: ['ClientUserId'] }).catch(() => [])
    return events.flat().some(({ ClientUserId }) => typeof ClientUserId === 'string' && ClientUserId !== '')
  },
  'HistoryUpdate insert into Variable': async ({ session, id }) => {
    const nodeId = id('pipe/scale.Outputs.scaled')
    const [made] = await historyUpdate(session, putting('Update', nodeId, [dataValue(new Date(Date.now() - 1e6), 1)]))
    return made?.status === 'Good'
  },
  'HistoryUpdate delete from Variable': async ({ session, id }) => {
    const range = { start: new Date(1000), end: new Date(2000) }
    const details = deletingRange(id('pipe/scale.Outputs.scaled'), range)
    if (!(details instanceof DeleteRawModifiedDetails)) throw new Error('other details')
    const [made] = await historyUpdate(session, details)
    return !denied.includes(made?.status ?? '')
  },
  'CreateMonitoredItems Variable': subscribes('dev/boiler1.level'),
}

function readsEvents(name: string): Attempt {
  return async ({ session, id }) => {
    const nodeId = /^i=/.test(name) ? name : id(name)
    return eventPagesOf(session, nodeId, last()).then(
      () => true,
      () => false,
    )
  }
}

/** Whether a value comes. */
function subscribes(name: string): Attempt {
  return async ({ session, id }) => {
    const subscription = await session.createSubscription2({
      ...{ requestedPublishingInterval: 20, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 2 },
      ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 },
    })
    try {
      const item = (await subscription.monitor(
        { nodeId: id(name), attributeId: AttributeIds.Value },
        { samplingInterval: 0, queueSize: 1, discardOldest: true },
        TimestampsToReturn.Both,
      )) as ClientMonitoredItem
      if (!item.statusCode.isGood()) return false
      const first = await new Promise<DataValue | undefined>((resolve) => {
        item.on('changed', resolve)
        // A keep-alive says that there is nothing to be told.
        subscription.on('keepalive', () => resolve(undefined))
      })
      return first?.statusCode.isGood() === true
    } finally {
      await subscription.terminate()
    }
  }
}
