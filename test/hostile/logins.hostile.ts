import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type CreateSessionResponse, UserNameIdentityToken } from 'node-opcua'
import { openForReading } from '../../src/store/open-for-reading.ts'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import type { RawClient } from '../kit/raw-client.ts'
import { password, withUsers } from '../kit/user-plant.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { testPassword } from './leaks.ts'
import { randomOf } from './random.ts'
import { activated, createdSession, namedBy, oaep, policyOf } from './raw-logins.ts'

const trials = 31

/** What every wrong login gets. */
const refusal = 'BadUserAccessDenied'

/** The trail tells what the client is not told: why (Part 4 §7.38.1). */
const isBad = (code: number) => code >= 0x8000_0000

/** Ways to be wrong, each with the token for it. */
const kinds: Readonly<Record<string, (created: CreateSessionResponse) => object>> = {
  'wrong password': (created) => namedBy(created, 'operator', testPassword),
  'unknown user': (created) => namedBy(created, `nobody${Math.random()}`, testPassword),
  'disabled user': (created) => namedBy(created, 'disabled', password),
  'empty name': (created) => namedBy(created, '', testPassword),
  'empty password': (created) => namedBy(created, 'operator', ''),
  'wrong nonce': (created) => namedBy(created, 'operator', password, Buffer.alloc(32, 1)),
  'bad padding': (created) => named(created, { password: Buffer.alloc(256, 7), encryptionAlgorithm: oaep }),
  plaintext: (created) => named(created, { password: Buffer.from(password) }),
  'no password': (created) => named(created, { password: null }),
  'wrong policy': (created) => named(created, { password: Buffer.from(testPassword), policyId: 'no policy' }),
}

const named = (created: CreateSessionResponse, fields: object) =>
  new UserNameIdentityToken({ policyId: policyOf(created), userName: 'operator', ...fields })

describe('hostile: logins', function () {
  this.timeout(300_000)
  let arena: Arena
  /** Wrong logins so far. */
  let wrong = 0

  before(async () => {
    arena = await startArena({
      async prepare(folder) {
        await mkdir(join(folder, 'd'), { recursive: true })
        await withUsers(join(folder, 'd'), async (users) => {
          await users.add({ name: 'admin', password, roles: ['SecurityAdmin', 'ConfigureAdmin'] })
          await users.add({ name: 'operator', password, roles: ['Operator'] })
          await users.add({ name: 'disabled', password, roles: ['Operator'], isEnabled: false })
        })
      },
    })
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const opened = async (address?: string): Promise<{ client: RawClient; created: CreateSessionResponse }> => {
    const client = await arena.raw(address)
    await client.hello()
    await client.open()
    return { client, created: await createdSession(client) }
  }
  const attempt = async (tokenOf: (created: CreateSessionResponse) => object, address?: string) => {
    const { client, created } = await opened(address)
    const answer = await activated(client, tokenOf(created))
    await client.destroy()
    return answer
  }
  /** An address that nobody has used, so that nothing is slow because of what came before. */
  let last = 0
  const freshAddress = () => `127.1.${++last >> 8}.${last & 255}`

  it('are told nothing but no: one status and one time, whatever is wrong', () =>
    arena.suffer(
      async () => {
        const times = new Map(Object.keys(kinds).map((kind): [string, number[]] => [kind, []]))
        for (let trial = 0; trial < trials; trial += 1) {
          // Side by side and in any order, so that other work on the machine meets all of them.
          for (const [kind, tokenOf] of shuffled(Object.entries(kinds))) {
            const { status, tookMs } = await attempt(tokenOf, freshAddress())
            expect(status, kind).to.equal(refusal)
            wrong += 1
            times.get(kind)?.push(tookMs)
          }
        }
        const medians = [...times].map(([kind, all]): [string, number] => [kind, median(all)])
        console.log(`      ms: ${medians.map(([kind, ms]) => `${kind} ${ms.toFixed(1)}`).join(', ')}`)
        const [, usual] = medians[0] ?? ['', 0]
        for (const [kind, ms] of medians) expect(ms / usual, `${kind} by wrong password`).to.be.within(0.85, 1.15)
      },
      { logBytes: 64 * 1024 },
    ))

  it('that are wrong wait for ten seconds from the tenth on, while a user from elsewhere is let in within a second', () =>
    arena.suffer(async () => {
      const guessing = (async () => {
        const waits: number[] = []
        for (let guess = 0; guess < 10; guess += 1) {
          const { status, tookMs } = await attempt((created) => namedBy(created, 'operator', testPassword))
          expect(status).to.equal(refusal)
          wrong += 1
          waits.push(tookMs)
        }
        return waits
      })()
      const others = Array.from({ length: 30 }, async (_other, index) => {
        await sleep(index * 100)
        const { status } = await attempt(Object.values(kinds)[index % 10]!, `127.2.0.${1 + (index % 10)}`)
        expect(status).to.equal(refusal)
        wrong += 1
      })
      let isOver = false
      const honest = (async () => {
        while (!isOver) {
          const { status, tookMs } = await attempt((created) => namedBy(created, 'operator', password), '127.3.0.1')
          expect(status).to.equal('Good')
          expect(tookMs, 'a right login').to.be.at.most(1000 * slack)
          await sleep(300)
        }
      })()
      const waits = await guessing
      await Promise.all(others)
      isOver = true
      await honest
      expect(waits[9], `of ${waits.map(Math.round).join(', ')} ms`).to.be.at.least(10_000)
      expect(waits[2]).to.be.below(1000 * slack)
    }))

  it('close a channel after ten wrong ones, and are audited, each of them', async () => {
    const { client, created } = await opened(freshAddress())
    for (let guess = 0; guess < 10; guess += 1) {
      const { status } = await activated(client, namedBy(created, `nobody${guess}`, testPassword))
      expect(status).to.equal(refusal)
      wrong += 1
    }
    await client.closed
    const refused = async () => {
      const store = await openForReading(join(arena.folder, 'd', 'meta.db'), {
        what: 'audit',
        onDamage: () => undefined,
      })
      const { entries } = await store.audit.read({ limit: 10_000 }).finally(() => store.close())
      const logins = entries.filter(({ action, status }) => action === 'login' && isBad(status))
      expect(JSON.stringify(logins)).not.to.include(testPassword).and.not.include(password)
      return logins.length
    }
    await until('all are kept', async () => (await refused()) >= wrong)
    expect(await refused()).to.equal(wrong)
  })
})

const random = randomOf(3)

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item): [number, Item] => [random.next(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}
