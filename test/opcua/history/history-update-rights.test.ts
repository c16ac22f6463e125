import { expect } from 'chai'
import { AttributeIds, UserTokenType } from 'node-opcua'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, samplesOf, startHistoryBench, users } from './history-bench.ts'
import { rawOf } from './reading.ts'
import { changesOf, dataValue, deletingAt, deletingRange, historyUpdate, putting } from './updating.ts'

const denied = 'BadUserAccessDenied'

/** What somebody gets for each way to change history, and the access levels that the variable tells. */
async function attempts(client: Client): Promise<unknown> {
  const nodeId = client.id('pipe/fill.Outputs.volume')
  const range = { start: at(100), end: at(200) }
  const results = await historyUpdate(
    client.session,
    putting('Insert', nodeId, [dataValue(50, 5)]),
    putting('Replace', nodeId, [dataValue(1, 11)]),
    putting('Update', nodeId, [dataValue(2, 22)]),
    deletingAt(nodeId, [at(60)]),
    deletingRange(nodeId, range),
    deletingRange(nodeId, { ...range, isModified: true }),
  )
  const levels = await client.session.read(
    [AttributeIds.AccessLevel, AttributeIds.UserAccessLevel].map((attributeId) => ({ nodeId, attributeId })),
  )
  return {
    update: results.slice(0, 3).map(({ status }) => status),
    delete: results.slice(3).map(({ status }) => status),
    levels: levels.map(({ value, statusCode }) => (statusCode.isGood() ? (value.value as unknown) : statusCode.name)),
  }
}

const nothing = [denied, denied, denied]
const done = ['Good', 'Good', 'Good']
/** CurrentRead, HistoryRead, HistoryWrite (Part 3 §8.57). */
const [looks, changes] = [5, 13]

const unseen = { update: nothing, delete: nothing, levels: [denied, denied] }
const seen = { update: nothing, delete: nothing, levels: [changes, looks] }
const corrects = { update: done, delete: nothing, levels: [changes, changes] }
const deletes = { update: done, delete: ['Good', 'BadNoData', 'BadNoData'], levels: [changes, changes] }

describe('the right to change history (InsertHistory, ModifyHistory, DeleteHistory, Part 3 §8.55)', function () {
  this.timeout(30_000)

  for (const [anonymous, expected] of [
    ['none', unseen],
    ['observe', seen],
    ['operate', seen],
  ] as const) {
    it(`is nobody's without a login, when anonymous is ${anonymous}`, async () => {
      const bench = await startHistoryBench({ anonymous })
      await bench.store.append(samplesOf('fill.volume', [[1, 1]]))
      expect(await attempts(await bench.connect())).to.deep.equal(expected)
      expect(
        (await bench.store.readModified({ tag: 'fill.volume', start: 0, end: 1e15, limit: 1 })).entries,
      ).to.have.length(0)
      await bench.stop()
    })
  }

  describe('of a user', () => {
    let bench: HistoryBench

    before(async () => {
      bench = await startHistoryBench({ anonymous: 'none', users })
      await bench.store.append(
        samplesOf('fill.volume', [
          [1, 1],
          [2, 2],
          [60, 6],
        ]),
      )
    })
    after(() => bench.stop())

    const login = (name: string): Promise<Client> =>
      bench.connect({ user: { type: UserTokenType.UserName, userName: name, password: name } })

    const rows: readonly (readonly [string, object])[] = [
      ['Nobody', unseen],
      ['Observer', seen],
      ['Operator', seen],
      ['Supervisor', seen],
      ['Engineer', corrects],
      ['ConfigureAdmin', deletes],
    ]
    for (const [name, expected] of rows) {
      it(`follows from the role ${name}`, async () => {
        const client = await login(name)
        expect(await attempts(client)).to.deep.equal(expected)
        await client.close()
      })
    }

    it('leaves a trace of who did what, and nothing of what was refused', async () => {
      const client = await login('Observer')
      const nodeId = client.id('pipe/fill.Outputs.volume')
      const changed = (await changesOf(client.session, nodeId)).flat()
      expect(changed.map(({ time, value, user, kind }) => [(time - epoch) / 1000, value, user, kind])).to.deep.equal([
        [1, 1, 'Engineer', 2],
        [1, 11, 'ConfigureAdmin', 2],
        [2, 2, 'Engineer', 3],
        [2, 22, 'ConfigureAdmin', 3],
        [50, 5, 'Engineer', 1],
        [60, 6, 'ConfigureAdmin', 4],
      ])
      const values = await rawOf(client.session, nodeId, { start: at(0), end: at(100) })
      expect(values.map(({ value }) => value)).to.deep.equal([11, 22, 5])
    })
  })
})
