import { expect } from 'chai'
import { AttributeIds, ContentFilter, DataType, ofType, type Variant, type VariantLike } from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { typeId } from '../opcua/event-listener.ts'
import { eventsOf, type Past } from '../opcua/history/events/event-bench.ts'
import { jobClient } from '../opcua/jobs/job-client.ts'
import { moving, plantFile, scaling } from './change-plants.ts'

const cell = 'Acme/Line1/Cell'
const level = 'pipe/scale.Alarms.scaledLevel'
const fields = [
  ...['Status', 'ClientUserId', 'OldValue', 'NewValue', 'MethodId', 'InputArguments', 'StatusCodeId', 'AttributeId'],
  ...['ConditionEventId', 'Comment', 'ShelvingTime'],
]
const audited = new ContentFilter({ elements: [ofType('i=2052')] })
const standard = { acknowledge: 'ns=0;i=8944', comment: 'ns=0;i=2829', enable: 'ns=0;i=2803', shelving: 'ns=0;i=11093' }
const text = (value: string): VariantLike => ({ dataType: DataType.String, value })

/** Everything that clients do to a plant is an audit event, which is kept, and which nobody but SecurityAdmin gets. */
describe('the audit events of a plant', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant

  before(async () => {
    scratch = await startScratch({
      'plant.yaml': plantFile
        .replace('  Acme/Line2', `  ${cell}: { level: WorkUnit }\n  Acme/Line2`)
        .replace('operate', 'none'),
      'pipelines/scale.yaml': scaling({
        outputs: 'scaled: { from: scaled.scaled, min: 0, max: 180, alarm: { high: -1 } }',
        parameters: 'parameters: { limit: { type: Double, min: 0, max: 10, default: 1 } }',
      }),
      'pipelines/move.yaml': moving.replace('Acme/Line1', cell),
    })
    const operator = await scratch.connect('Operator')
    await doEverything(operator)
  })
  after(() => scratch.stop())

  async function doEverything(operator: Client): Promise<void> {
    const { session, id } = operator
    const call = (object: string, method: string, inputArguments: VariantLike[] = []) =>
      session.call({ objectId: id(object), methodId: id(method), inputArguments })
    await operator.write('pipe/scale.Parameters.limit', { dataType: DataType.Double, value: 5 })
    await operator.write('pipe/scale.Outputs.scaled', { dataType: DataType.Double, value: 7 })
    await session.write({
      nodeId: id('dev/servo1'),
      attributeId: AttributeIds.DisplayName,
      value: { value: text('mine') },
    })
    await until(
      'the alarm is active',
      async () => (await operator.read(`${level}.ActiveState.Id`)).value.value === true,
    )
    const eventId = (await operator.read(`${level}.EventId`)).value
    const comment = { dataType: DataType.LocalizedText, value: { text: 'I am on it' } }
    await call(level, `${level}.Acknowledge`, [eventId, comment])
    await call(level, `${level}.AddComment`, [(await operator.read(`${level}.EventId`)).value, comment])
    await call(`${level}.ShelvingState`, `${level}.ShelvingState.TimedShelve`, [
      { dataType: DataType.Double, value: 60_000 },
    ])
    await call(level, `${level}.Disable`)
    await call('pipe/move', 'pipe/move.Start', [text('one argument too many')])
    await call('runtime', 'runtime.Remove', [text('scale'), text('')])
    await call('pipe/scale', 'pipe/none.Start', [text('open sesame')])
    await session.call({
      objectId: 'i=2253',
      methodId: 'i=11492',
      inputArguments: [{ dataType: DataType.UInt32, value: 1 }],
    })
    const jobs = await jobClient(operator, cell)
    await jobs.ask('Cancel', 'none')
    await jobs.give('Store', await jobs.order('first', 'move'), 'a comment')
  }

  const past = async (user: 'Observer' | 'Engineer' | 'ConfigureAdmin' | 'SecurityAdmin') =>
    eventsOf((await scratch.connect(user as never)).session, 'i=2253', { fields, where: audited })

  const messageOf = ({ Message }: Past): string => (Message as { text: string }).text
  const typeOf = ({ EventType }: Past): string => String(EventType)
  const plain = (value: unknown): unknown => (value as Variant | null)?.value ?? value

  it('are there after a restart, each with its type, its user, and what was done', async () => {
    await scratch.restart()
    const events = (await past('SecurityAdmin')).filter(({ ClientUserId }) => ClientUserId === 'Operator')
    const one = (pattern: RegExp): Past => {
      const found = events.filter((event) => pattern.test(messageOf(event)))
      expect(found, `${pattern} in ${events.map(messageOf).join('; ')}`).to.have.length(1)
      return found[0]!
    }
    const written = one(/wrote limit of Scaling$/)
    expect([typeOf(written), plain(written.OldValue), plain(written.NewValue)]).to.deep.equal([
      ...[typeId('WriteAuditEventType'), 1, 5],
    ])
    const refused = one(/wrote scaled: BadNotWritable|wrote scaled: BadUserAccessDenied/)
    expect([refused.Status, refused.AttributeId, plain(refused.NewValue)]).to.deep.equal([false, 13, 7])
    expect(one(/wrote First servo: Bad/)).to.include({ AttributeId: AttributeIds.DisplayName })
    expect(typeOf(one(/called Acknowledge of/))).to.equal(standard.acknowledge)
    expect(one(/called Acknowledge of/).ConditionEventId).to.be.instanceOf(Buffer)
    expect((one(/called Acknowledge of/).Comment as { text: string }).text).to.equal('I am on it')
    expect(String(one(/called Acknowledge of/).SourceNode)).to.contain(level)
    expect(one(/called Acknowledge of/)).to.include({ SourceName: 'Method/Acknowledge', Status: true })
    expect(typeOf(one(/called AddComment of/))).to.equal(standard.comment)
    expect(typeOf(one(/called Disable of/))).to.equal(standard.enable)
    const shelved = one(/called TimedShelve of/)
    expect([typeOf(shelved), shelved.ShelvingTime]).to.deep.equal([standard.shelving, 60_000])
    expect(one(/called Start: BadTooManyArguments/)).to.include({ Status: false })
    expect(one(/called Remove of .*: BadUserAccessDenied/)).to.include({ Status: false })
    expect(one(/called ns=\d+;s=pipe\/none.Start: Bad/)).to.include({ Status: false })
    expect(typeOf(one(/called GetMonitoredItems/))).to.equal(typeId('MethodCallAuditEventType'))
    for (const job of [one(/called Store of/), one(/called Cancel of/)]) {
      expect(typeOf(job)).to.equal(typeId('MethodCallAuditEventType'))
      expect(job.InputArguments).to.be.an('array').with.length(2)
    }
  })

  it('tell no argument of a method that does not exist, which may be a password', async () => {
    expect(JSON.stringify(await past('SecurityAdmin'))).to.not.include('sesame')
  })

  it('reach nobody but SecurityAdmin, neither all of them nor by their type', async () => {
    expect((await past('SecurityAdmin')).length).to.be.greaterThan(12)
    for (const user of ['Observer', 'Engineer', 'ConfigureAdmin'] as const) {
      expect(await past(user), user).to.deep.equal([])
      const { session } = await scratch.connect(user)
      const all = await eventsOf(session, 'i=2253')
      expect(all.length, user).to.be.greaterThan(0)
      expect(
        all.filter((event) => /^Operator (wrote|called)/.test(messageOf(event))),
        user,
      ).to.deep.equal([])
    }
  })

  it('tell a flood of attempts together, so that nobody fills the disk with them', async () => {
    const operator = await scratch.connect('Operator')
    const before = (await past('SecurityAdmin')).length
    const nodeId = operator.id('pipe/scale.Outputs.scaled')
    const value = { value: { dataType: DataType.Double, value: 1 } }
    for (let request = 0; request < 10; request += 1) {
      await operator.session.write(Array.from({ length: 100 }, () => ({ nodeId, attributeId: 13, value })))
    }
    await until('a later one tells how many there were', async () => {
      await operator.session.write({ nodeId, attributeId: 13, value })
      const events = await past('SecurityAdmin')
      return events.some((event) => /\(\d+ more attempts before it\)/.test(messageOf(event)))
    })
    expect((await past('SecurityAdmin')).length - before).to.be.below(600)
  })
})
