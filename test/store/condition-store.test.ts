import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { initialCondition } from '../../src/opcua/alarms/condition-state.ts'
import { type ConditionStore as AlarmStore, MemoryConditionStore } from '../../src/opcua/alarms/condition-store.ts'
import type { SqlDriver } from '../../src/sqlite/driver.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { openConditionStore } from '../../src/store/condition-store.ts'
import { describeStores } from './stores.ts'

const state = (message: string) => {
  const initial = initialCondition({ severity: 700, time: 5 })
  return { ...initial, trunk: { ...initial.trunk, eventId: 'a1', isActive: true, isAcked: false, message } }
}

/** What holds for every store of conditions. */
function conditionContract(storeOf: () => AlarmStore): void {
  it('gives what was saved last of each condition', () => {
    const store = storeOf()
    store.save({ id: 'pipe/fill.Alarms.Fault', state: state('first') })
    store.save({ id: 'pipe/watch.Alarms.Fault', state: state('other') })
    store.save({ id: 'pipe/fill.Alarms.Fault', state: state('second') })
    expect(store.load()).to.deep.equal([
      { id: 'pipe/fill.Alarms.Fault', state: state('second') },
      { id: 'pipe/watch.Alarms.Fault', state: state('other') },
    ])
  })
}

describe('conditions in memory', () => conditionContract(() => new MemoryConditionStore()))

describeStores('conditions', (rig) => {
  conditionContract(() => rig.store.conditions as AlarmStore)

  it('brings unacknowledged conditions back with the EventIds that clients know', async () => {
    rig.store.conditions.save({ id: 'a', state: state('alarm') })
    rig.store.conditions.save({ id: 'b', state: state('alarm') })
    rig.store.conditions.remove('b')
    await rig.reopen()
    expect(rig.store.conditions.load()).to.deep.equal([{ id: 'a', state: state('alarm') }])
    expect(rig.errors).to.deep.equal([])
  })

  it('is durable after a flush, with the newest of many changes', async () => {
    for (let number = 0; number < 500; number += 1) {
      rig.store.conditions.save({ id: `c${number % 7}`, state: { number } })
      if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await rig.store.conditions.flush()
    const other = await rig.scratch.open({ file: rig.scratch.path('meta.db') })
    const rows = await other.all<{ id: string; state: string }>('SELECT * FROM condition ORDER BY id')
    expect(rows.map((row) => JSON.parse(row.state).number)).to.deep.equal([497, 498, 499, 493, 494, 495, 496])
  })
})

describeStores('conditions that cannot be written', (rig, adapter) => {
  let holder: SqlDriver

  beforeEach(async () => {
    holder = await openDatabase({ file: rig.scratch.path('meta.db'), adapter })
  })
  afterEach(() => holder.close())

  it('are told, kept in memory, and written a second later', async () => {
    const driver = await rig.scratch.open({ file: rig.scratch.path('meta.db'), adapter, busyTimeoutMs: 20 })
    const clock = new VirtualClock()
    const errors: unknown[] = []
    const told = Promise.withResolvers<void>()
    const onError = (error: unknown): void => {
      errors.push(error)
      told.resolve()
    }
    const conditions = await openConditionStore<{ n: number }>({ driver, clock, onError })
    await holder.transaction(async () => {
      conditions.save({ id: 'a', state: { n: 1 } })
      await told.promise
    })
    expect(errors.map((error) => (error as { code: string }).code)).to.deep.equal(['database-locked'])
    expect(conditions.load()).to.deep.equal([{ id: 'a', state: { n: 1 } }])
    expect(await holder.all('SELECT * FROM condition')).to.deep.equal([])
    await clock.advance(1000)
    await conditions.close()
    expect(await holder.all('SELECT * FROM condition')).to.deep.equal([{ id: 'a', state: '{"n":1}' }])
    expect(clock.pending).to.equal(0)
  })

  it('do not keep a store from closing', async () => {
    await holder.exec('DROP TABLE condition')
    rig.store.conditions.save({ id: 'a', state: {} })
    await rig.store.close()
    expect(rig.errors.length).to.be.greaterThan(0)
  })

  it('are left out and told when they cannot be read', async () => {
    await holder.exec(`INSERT INTO condition VALUES ('a', '{"$what":1}'), ('b', '{}')`)
    await rig.reopen()
    expect(rig.store.conditions.load()).to.deep.equal([{ id: 'b', state: {} }])
    expect(rig.errors.map((error) => (error as { code: string }).code)).to.deep.equal(['database-corrupt'])
  })
})
