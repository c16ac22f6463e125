import { expect } from 'chai'
import { DataType, type DataValue, UserTokenType } from 'node-opcua'
import type { Client } from '../bench.ts'
import { type EventListener, type Heard, listen, typeId } from '../event-listener.ts'
import { at, type HistoryBench, samplesOf, startHistoryBench, users } from './history-bench.ts'
import { badSensor, dataValue, deletingAt, deletingRange, historyUpdate, noValue, putting } from './updating.ts'

const audit = 'i=2104' // AuditHistoryUpdateEventType
const fields = [
  ...['ActionTimeStamp', 'Status', 'ServerId', 'ClientAuditEntryId', 'ClientUserId', 'ParameterDataTypeId'],
  ...['UpdatedNode', 'PerformInsertReplace', 'NewValues', 'OldValues', 'IsDeleteModified', 'StartTime', 'EndTime'],
  'ReqTimes',
]

const valuesOf = (heard: unknown): unknown[] =>
  ((heard ?? []) as DataValue[]).map(({ value, sourceTimestamp, statusCode }) => [
    sourceTimestamp?.getTime(),
    value?.value as unknown,
    statusCode.name,
  ])

describe('audit events of history (AuditHistoryUpdateEventType, Part 11 §5.8)', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let admin: Client
  let listener: EventListener
  let volume: string

  const login = (name: string): Promise<Client> =>
    bench.connect({ user: { type: UserTokenType.UserName, userName: name, password: name } })

  before(async () => {
    bench = await startHistoryBench({ anonymous: 'none', users })
    admin = await login('ConfigureAdmin')
    listener = await listen(await login('SecurityAdmin'), 'i=2253', { fields, type: audit })
    volume = admin.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  async function heardOf(...details: object[]): Promise<Heard> {
    await historyUpdate(admin.session, ...details)
    const [heard] = await listener.take(1)
    return heard as Heard
  }

  const ms = (time: number): number => at(time).getTime()
  const textOf = ({ Message }: Heard): string => (Message as { text: string }).text

  it('tell which values were put where, and which were there before', async () => {
    await bench.store.append(samplesOf('fill.volume', [[1, 1]]))
    const heard = await heardOf(putting('Update', volume, [dataValue(1, 11), dataValue(2, noValue, badSensor)]))
    expect(String(heard.EventType)).to.equal(typeId('HistoryUpdateAuditEventType'))
    expect(heard).to.include({ Status: true, ClientUserId: 'ConfigureAdmin', PerformInsertReplace: 3, Severity: 300 })
    expect(heard).to.include({ SourceName: 'Attribute/HistoryUpdate' })
    expect([String(heard.SourceNode), String(heard.UpdatedNode)]).to.deep.equal([volume, volume])
    expect(String(heard.ParameterDataTypeId)).to.match(/i=680$/)
    expect(textOf(heard)).to.equal('ConfigureAdmin put 2 values into the history of volume of Fill control')
    expect(valuesOf(heard.NewValues)).to.deep.equal([
      [ms(1), 11, 'Good'],
      [ms(2), null, 'BadSensorFailure'],
    ])
    expect(valuesOf(heard.OldValues)).to.deep.equal([[ms(1), 1, 'Good']])
  })

  it('tell which range was deleted, with the values, and whether it were its changes', async () => {
    const range = { start: at(0), end: at(2) }
    const heard = await heardOf(deletingRange(volume, range))
    expect(String(heard.EventType)).to.equal(typeId('HistoryRawDeleteAuditEventType'))
    expect(heard).to.include({ Status: true, IsDeleteModified: false, Severity: 500 })
    expect([heard.StartTime, heard.EndTime]).to.deep.equal([range.start, range.end])
    expect(valuesOf(heard.OldValues)).to.deep.equal([[ms(1), 11, 'Good']])
    const changes = await heardOf(deletingRange(volume, { ...range, isModified: true }))
    expect(changes.IsDeleteModified).to.equal(true)
    expect(valuesOf(changes.OldValues)).to.deep.equal([
      [ms(1), 1, 'Good'],
      [ms(1), 11, 'Good'],
    ])
    expect(textOf(changes)).to.equal(
      'ConfigureAdmin deleted the changes of a range of the history of volume of Fill control',
    )
  })

  it('tell which times were deleted, with the values', async () => {
    await bench.store.append(samplesOf('fill.volume', [[5, 5]]))
    const heard = await heardOf(deletingAt(volume, [at(5), at(6)]))
    expect(String(heard.EventType)).to.equal(typeId('HistoryAtTimeDeleteAuditEventType'))
    expect(heard.ReqTimes).to.deep.equal([at(5), at(6)])
    expect(valuesOf(heard.OldValues)).to.deep.equal([[ms(5), 5, 'Good']])
  })

  it('tell what was refused: by the role, as unsupported, as wrong, or for each value', async () => {
    const operator = await login('Operator')
    await historyUpdate(operator.session, putting('Insert', volume, [dataValue(8, 8)]))
    await historyUpdate(
      admin.session,
      putting('Insert', admin.id('pipe/fill.Outputs.plain'), [dataValue(8, 8)]),
      deletingRange(volume, { start: at(9), end: at(8) }),
      putting('Replace', volume, [dataValue(8, 8)]),
      putting('Remove', volume, [dataValue(8, 8)]),
      putting('Invalid', volume, [dataValue(8, 8)]),
    )
    const heard = await listener.take(6)
    expect(heard.map(({ Status, ClientUserId }) => [Status, ClientUserId])).to.deep.equal([
      [false, 'Operator'],
      ...Array.from({ length: 5 }, () => [false, 'ConfigureAdmin']),
    ])
    expect(heard.map((each) => textOf(each).split(': ').at(-1))).to.deep.equal([
      ...['BadUserAccessDenied', 'BadHistoryOperationUnsupported', 'BadInvalidTimestampArgument', 'BadNoEntryExists'],
      ...['BadHistoryOperationUnsupported', 'BadHistoryOperationInvalid'],
    ])
    expect(valuesOf(heard[0]?.NewValues)).to.deep.equal([[ms(8), 8, 'Good']])
  })

  it('have a bound, whatever the request brings', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => dataValue(100 + index, index))
    const heard = await heardOf(putting('Insert', volume, many))
    expect([(heard.NewValues as unknown[]).length, textOf(heard)]).to.deep.equal([
      100,
      'ConfigureAdmin put 1000 values into the history of volume of Fill control',
    ])
    const deleted = await heardOf(deletingRange(volume, { start: at(100), end: at(2000) }))
    expect((deleted.OldValues as unknown[]).length).to.equal(100)
    const text = { dataType: DataType.String, value: 'x'.repeat(50_000) }
    const long = await heardOf(
      putting('Insert', admin.id('pipe/fill.Outputs.label'), [dataValue(1, text), dataValue(2, text)]),
    )
    expect((long.NewValues as unknown[]).length).to.equal(1)
  })

  it('reach nobody but those who may receive audit events', async () => {
    const other = await listen(admin, 'i=2253', { type: audit })
    await heardOf(putting('Update', volume, [dataValue(1, 1)]))
    expect(await other.rest()).to.deep.equal([])
  })
})
