import { expect } from 'chai'
import { DataType, UserTokenType, type Variant, type VariantLike } from 'node-opcua'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import type { RoleName } from '../../src/opcua/roles.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { type EventListener, type Heard, listen, typeId } from './event-listener.ts'

const audit = 'i=2052' // AuditEventType
const fields = [
  ...['ActionTimeStamp', 'Status', 'ServerId', 'ClientAuditEntryId', 'ClientUserId', 'MethodId', 'StatusCodeId'],
  ...['InputArguments', 'OutputArguments', 'OldStateId', 'NewStateId', 'Transition', 'Transition.Id'],
  ...['8:PipelineId', 'AttributeId', 'IndexRange', 'OldValue', 'NewValue'],
]

const idOf = (value: unknown): string => String((value as { value: unknown }).value)
const valuesOf = (value: unknown): unknown[] => (value as Variant[]).map((each) => each.value)

describe('audit events (information model, table 5.6; Part 4 §6.5)', () => {
  let bench: Bench
  let operator: Client
  let listener: EventListener

  async function login(user: string): Promise<Client> {
    return bench.connect({ user: { type: UserTokenType.UserName, userName: user, password: user } })
  }

  before(async () => {
    bench = await startBench({
      anonymous: 'none',
      users: {
        check: async (user, password) => user === password,
        rolesOf: (user) => [user as RoleName],
      },
    })
    operator = await login('Engineer')
    listener = await listen(await login('SecurityAdmin'), 'i=2253', { fields, type: audit })
  })
  after(() => bench.stop())

  async function call(object: string, method: string, inputArguments: VariantLike[] = []): Promise<Heard> {
    await operator.session.call({ objectId: operator.id(object), methodId: operator.id(method), inputArguments })
    const [heard] = await listener.take(1)
    return heard as Heard
  }

  it('PipelineAuditTransitionEventType: who changed the state of a Program, from what to what', async () => {
    const heard = await call('pipe/fill', 'pipe/fill.Start')
    expect(String(heard.EventType)).to.equal(typeId('PipelineAuditTransitionEventType'))
    expect(heard).to.include({ Status: true, ClientUserId: 'Engineer', PipelineId: 'fill', Severity: 200 })
    expect(heard).to.include({ SourceName: 'Attribute/Call', ClientAuditEntryId: '' })
    expect([idOf(heard.SourceNode), idOf(heard.MethodId)]).to.deep.equal(['pipe/fill', 'pipe/fill.Start'])
    expect([idOf(heard.OldStateId), idOf(heard.NewStateId), idOf(heard['Transition.Id'])]).to.deep.equal([
      ...['2400', '2402', '2410'],
    ])
    expect(heard.Transition).to.have.property('text', 'ReadyToRunning')
    expect(heard.Message).to.have.property('text', 'Engineer called Start of Fill control')
    expect(heard.ServerId).to.match(/^urn:.+:millrace$/)
    expect(Date.now() - (heard.ActionTimeStamp as Date).getTime()).to.be.within(0, 5000)
    expect([valuesOf(heard.InputArguments), valuesOf(heard.OutputArguments)]).to.deep.equal([[], ['fill-1']])
  })

  it('MethodCallAuditEventType: a method of a Program that its state did not allow', async () => {
    const heard = await call('pipe/fill', 'pipe/fill.Start')
    expect(String(heard.EventType)).to.equal(typeId('MethodCallAuditEventType'))
    expect(heard).to.include({ Status: false, OldStateId: null })
    expect(heard.StatusCodeId).to.have.property('name', 'BadInvalidState')
    expect(heard.Message).to.have.property('text', 'Engineer called Start of Fill control: BadInvalidState')
  })

  it('MethodCallAuditEventType: a method of a device, with its arguments', async () => {
    const set = 'dev/servo1.MethodSet'
    const heard = await call(set, `${set}.moveAbsolute`, [
      { dataType: DataType.Double, value: 45 },
      { dataType: DataType.String, value: 'soft' },
    ])
    expect(idOf(heard.SourceNode)).to.equal(set)
    expect([valuesOf(heard.InputArguments), valuesOf(heard.OutputArguments)]).to.deep.equal([[45, 'soft'], [45.5]])
    bench.plant.callError = new MillraceError('timed-out', 'late')
    expect((await call(set, `${set}.home`)).StatusCodeId).to.have.property('name', 'BadTimeout')
    bench.plant.callError = undefined
    expect(idOf((await call('dev/plc1', 'dev/plc1.Connect')).SourceNode)).to.equal('dev/plc1')
  })

  it('MethodCallAuditEventType: a call that the role did not allow', async () => {
    const observer = await login('Observer')
    const objectId = observer.id('pipe/fill')
    await observer.session.call({ objectId, methodId: observer.id('pipe/fill.Halt') })
    const [activation, heard] = await listener.take(2)
    expect(String(activation?.EventType)).to.equal(typeId('SessionActivateAuditEventType'))
    expect(String(heard?.EventType)).to.equal(typeId('MethodCallAuditEventType'))
    expect(heard).to.include({ Status: false, ClientUserId: 'Observer' })
    expect(heard?.StatusCodeId).to.have.property('name', 'BadUserAccessDenied')
    const { value } = await operator.read('pipe/fill.ProgramDiagnostic.LastMethodCall')
    expect(value.value).to.equal('Start')
  })

  it('WriteAuditEventType: a variable that was written, with the old and the new value', async () => {
    bench.plant.set('plc1.wDouble', 1)
    await operator.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 2 })
    const [heard] = await listener.take(1)
    expect(String(heard?.EventType)).to.equal(typeId('WriteAuditEventType'))
    expect(heard).to.include({ Status: true, ClientUserId: 'Engineer', AttributeId: 13, OldValue: 1, NewValue: 2 })
    expect(heard).to.include({ SourceName: 'Attribute/Write', IndexRange: '' })
    expect(idOf(heard?.SourceNode)).to.equal('dev/plc1.wDouble')
  })

  it('WriteAuditEventType: a write that the device or a limit refused', async () => {
    bench.plant.writeStatus = Status.BadOutOfRange
    await operator.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 3 })
    bench.plant.writeStatus = Status.Good
    await operator.write('pipe/fill.Parameters.TargetVolume', { dataType: DataType.Double, value: 99 })
    const heard = await listener.take(2)
    expect(heard.map(({ Status: status, Message }) => [status, (Message as { text: string }).text])).to.deep.equal([
      [false, 'Engineer wrote wDouble of Filler PLC: BadOutOfRange'],
      [false, 'Engineer wrote TargetVolume of Fill control: BadOutOfRange'],
    ])
  })

  it('reach the roles that may receive them only', async () => {
    const other = await listen(operator, 'i=2253', { type: audit })
    await call('pipe/fill', 'pipe/fill.Suspend')
    expect(await other.rest()).to.deep.equal([])
    await other.stop()
  })

  it('reach the one who listens to the unit, as its other events do', async () => {
    const admin = await login('SecurityAdmin')
    const unit = await listen(admin, admin.id('eq/Acme/Berlin/Line1/Filler'), { type: audit })
    const elsewhere = await listen(admin, admin.id('pipe/idle'), { type: audit })
    await call('pipe/fill', 'pipe/fill.Resume')
    expect(await unit.take(1)).to.have.length(1)
    expect(await elsewhere.rest()).to.deep.equal([])
  })
})
