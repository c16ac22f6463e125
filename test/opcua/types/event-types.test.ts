import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { AttributeIds, BrowseDirection, type NodeId } from 'node-opcua'
import { typesFiles } from '../../../src/opcua/nodesets.ts'
import type { IdRow } from '../../../src/opcua/types/build-types.ts'
import { typeIds } from '../../../src/opcua/types/ids.ts'
import { type Bench, type Client, startBench } from '../bench.ts'

/** Name, base, whether it is abstract, and the fields that it adds with their data types. */
type Row = readonly [
  name: keyof typeof typeIds,
  base: string,
  isAbstract: boolean,
  fields: Readonly<Record<string, string>>,
]

const rows: readonly Row[] = [
  [
    'DeviceEventType',
    'SystemEventType',
    true,
    { ConnectionState: 'DeviceConnectionStateEnumeration', DeviceId: 'String' },
  ],
  ['DeviceConnectedEventType', 'DeviceEventType', false, {}],
  ['DeviceDisconnectedEventType', 'DeviceEventType', false, { Reason: 'LocalizedText' }],
  ['DeviceErrorEventType', 'DeviceEventType', false, { ErrorCode: 'StatusCode' }],
  [
    ...(['TagWrittenEventType', 'DeviceEventType', false] as const),
    {
      ...{ Count: 'UInt32', Initiator: 'String', NewValue: 'BaseDataType', OldValue: 'BaseDataType', Tag: 'NodeId' },
      WriteStatus: 'StatusCode',
    },
  ],
  [
    ...(['FaultEventType', 'DeviceEventType', true] as const),
    { Duration: 'Duration', Fault: 'String', Initiator: 'String', Tag: 'NodeId' },
  ],
  ['FaultInjectedEventType', 'FaultEventType', false, {}],
  ['FaultClearedEventType', 'FaultEventType', false, { Reason: 'String' }],
  ['PipelineEventType', 'BaseEventType', true, { JobOrderId: 'String', PipelineId: 'String', RunId: 'String' }],
  ['PipelineStartedEventType', 'PipelineEventType', false, { Initiator: 'String', Version: 'UInt32' }],
  [
    ...(['PipelineCompletedEventType', 'PipelineEventType', false] as const),
    { CycleCount: 'UInt32', Duration: 'Duration', Outcome: 'PipelineOutcomeEnumeration' },
  ],
  ['PipelineErrorEventType', 'PipelineEventType', false, { ErrorCode: 'StatusCode', FailedStep: 'NodeId' }],
  ['PipelineStepEventType', 'PipelineEventType', true, { CycleNumber: 'UInt32', StepName: 'String' }],
  ['StepStartedEventType', 'PipelineStepEventType', false, {}],
  ['StepCompletedEventType', 'PipelineStepEventType', false, { Duration: 'Duration' }],
  ['StepErrorEventType', 'PipelineStepEventType', false, { ErrorCode: 'StatusCode' }],
  ['StepRestartedEventType', 'PipelineStepEventType', false, {}],
  ['StepBlockedEventType', 'PipelineStepEventType', false, { Duration: 'Duration' }],
  ['PluginRefusedEventType', 'SystemEventType', false, { FileName: 'String', Initiator: 'String' }],
  ['StepEventsHeldBackEventType', 'PipelineEventType', false, { Count: 'UInt32' }],
  ['PipelineTransitionEventType', 'ProgramTransitionEventType', false, { PipelineId: 'String', RunId: 'String' }],
  ['PipelineAuditTransitionEventType', 'ProgramTransitionAuditEventType', false, { PipelineId: 'String' }],
  ['MethodCallAuditEventType', 'AuditUpdateMethodEventType', false, {}],
  ['WriteAuditEventType', 'AuditWriteUpdateEventType', false, {}],
  ['JobOrderStatusEventType', 'ISA95JobOrderStatusEventType', false, {}],
  [
    ...(['PipelineFaultAlarmType', 'SystemOffNormalAlarmType', false] as const),
    { ErrorCode: 'StatusCode', FailedStep: 'NodeId', PipelineId: 'String', RunId: 'String' },
  ],
  [
    ...(['BreakerOpenAlarmType', 'SystemOffNormalAlarmType', false] as const),
    { DeviceId: 'String', ErrorCode: 'StatusCode', FailureCount: 'UInt32' },
  ],
]

describe('types of events and alarms (information model, sections 5.6 and 5.7)', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  const read = async (nodeId: string | NodeId, attributeId: AttributeIds) =>
    (await client.session.read({ nodeId, attributeId })).value.value

  async function browse(nodeId: string, referenceTypeId: string, browseDirection: BrowseDirection) {
    const query = { nodeId, referenceTypeId, browseDirection, includeSubtypes: true, nodeClassMask: 0, resultMask: 63 }
    return (await client.session.browse(query)).references ?? []
  }

  for (const [name, base, isAbstract, fields] of rows) {
    it(`${name} < ${base}${isAbstract ? ', abstract' : ''}`, async () => {
      const nodeId = `ns=8;i=${typeIds[name]}`
      expect((await read(nodeId, AttributeIds.BrowseName)).name).to.equal(name)
      expect(await read(nodeId, AttributeIds.IsAbstract)).to.equal(isAbstract)
      const above = await browse(nodeId, 'HasSubtype', BrowseDirection.Inverse)
      expect(above.map(({ browseName }) => browseName.name)).to.deep.equal([base])
      const found: Record<string, string> = {}
      for (const property of await browse(nodeId, 'HasProperty', BrowseDirection.Forward)) {
        const dataType = (await read(property.nodeId, AttributeIds.DataType)) as NodeId
        found[property.browseName.name ?? ''] = (await read(dataType, AttributeIds.BrowseName)).name
      }
      expect(found).to.deep.equal(fields)
    })
  }

  it('BreakerStateMachineType has three states and five transitions, each with its number', async () => {
    const members = await browse(`ns=8;i=${typeIds.BreakerStateMachineType}`, 'HasComponent', BrowseDirection.Forward)
    const numbers: Record<string, number> = {}
    for (const { nodeId, browseName } of members) {
      const [number] = await browse(nodeId.toString(), 'HasProperty', BrowseDirection.Forward)
      if (number?.browseName.name?.endsWith('Number')) {
        numbers[browseName.name ?? ''] = await read(number.nodeId, AttributeIds.Value)
      }
    }
    expect(numbers).to.deep.equal({
      ...{ Closed: 1, Open: 2, HalfOpen: 3 },
      ...{ ClosedToOpen: 1, OpenToHalfOpen: 2, HalfOpenToClosed: 3, HalfOpenToOpen: 4, OpenToClosed: 5 },
    })
    const rows = JSON.parse(await readFile(typesFiles.ids, 'utf8')) as IdRow[]
    const openToClosed = rows.find(([name]) => name === 'BreakerStateMachineType_OpenToClosed')?.[1]
    const [from] = await browse(`ns=8;i=${openToClosed}`, 'FromState', 0)
    const [cause] = await browse(`ns=8;i=${openToClosed}`, 'HasCause', 0)
    expect([from?.browseName.name, cause?.browseName.name]).to.deep.equal(['Open', 'Reset'])
  })
})
