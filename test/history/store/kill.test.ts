import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EventStore } from '../../../src/history/events/event-store.ts'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import { openHistory } from '../../../src/history/store/sqlite-history.ts'
import type { Position } from '../../../src/sqlite/page.ts'
import { eventsOfBatch, temporaryFolder } from '../kit.ts'

const kills = 50
/** Children that are started ahead: starting takes longer than everything else. */
const ahead = 2
const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** A process that writes, once it is told what. */
class Writer {
  readonly #process: ChildProcess
  readonly #isReady: Promise<void>
  #output = ''
  #onOutput: () => void = () => undefined

  constructor() {
    const script = join(import.meta.dirname, 'kill-child.ts')
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process = child
    this.#isReady = new Promise((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        this.#output += data.toString()
        resolve()
        this.#onOutput()
      })
      child.once('exit', (code) => {
        reject(new Error(`the child ended with ${code} before it was killed`))
        this.#onOutput()
      })
    })
    this.#isReady.catch(() => undefined)
  }

  /** Lets it write, kills it, and gives the last number that it said was durable. */
  async writeUntilKilled(folder: string, first: number, { isOpening, afterMs }: Moment): Promise<number> {
    await this.#isReady
    const isWriting = new Promise<void>((resolve) => {
      this.#onOutput = resolve
    })
    this.#process.stdin?.write(`${first} ${folder}\n`)
    if (!isOpening) await isWriting
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await this.end()
    const complete = this.#output.slice(0, this.#output.lastIndexOf('\n')).split('\n')
    return complete.length > 1 ? Number(complete.at(-1)) : first
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

/** When a child is killed: so long after it was told to open the file, or after its first batch was durable. */
interface Moment {
  readonly isOpening: boolean
  readonly afterMs: number
}

/** Random moments that can be had again. */
function momentsOf(seed: number): () => Moment {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return () => ({ isOpening: random() < 0.2, afterMs: random() * 120 })
}

/** How many values there are; they have to be 0, 1, 2, ... over all tags, each once, and in order of time in each tag. */
async function countIn(store: HistoryStore, message: string): Promise<number> {
  const seen = new Map<number, number>()
  const idByRun = new Map<number, string | undefined>()
  const runOf = async (number: number): Promise<string | undefined> => {
    if (!idByRun.has(number)) idByRun.set(number, (await store.run(number))?.runId)
    return idByRun.get(number)
  }
  for (let tag = 0; tag < 7; tag++) {
    let last = Number.NEGATIVE_INFINITY
    for await (const { count, times, values, runs } of store.scan(`tag${tag}`, everything.from, everything.to)) {
      for (let index = 0; index < count; index++) {
        const [time, value] = [times[index] as number, values[index] as number]
        if (time < last) expect.fail(`${message}: tag${tag} is not in order at ${time}`)
        last = time
        seen.set(value, (seen.get(value) ?? 0) + 1)
        const run = runs?.[index] ? await runOf(runs[index] as number) : undefined
        const wanted = tag === 3 ? undefined : `run${Math.floor(value / 130)}`
        if (run !== wanted) expect.fail(`${message}: ${value} is of ${run}, not of ${wanted}`)
      }
    }
  }
  for (let value = 0; value < seen.size; value++) {
    if (seen.get(value) !== 1) expect.fail(`${message}: ${value} is there ${seen.get(value) ?? 0} times`)
  }
  return seen.size
}

function idsOf(batch: number): string[] {
  return eventsOfBatch(batch).map(({ eventId }) => eventId)
}

/** Every acknowledged event is there once, what else is there is whole, and the order of time holds. */
async function checkEvents(events: EventStore, acknowledged: readonly string[], message: string): Promise<void> {
  const ids: string[] = []
  let [last, after]: [number, Position | undefined] = [Number.NEGATIVE_INFINITY, undefined]
  do {
    const page = await events.read({ limit: 10_000, after })
    for (const { eventId, time } of page.entries) {
      if (time < last) expect.fail(`${message}: event ${eventId} is not in order`)
      last = time
      ids.push(eventId)
    }
    after = page.next
  } while (after)
  const found = new Set(ids)
  expect(found.size, message).to.equal(ids.length)
  expect(
    acknowledged.filter((id) => !found.has(id)),
    message,
  ).to.deep.equal([])
  for (const id of ids) {
    const batch = Number(id.split('-')[0])
    if (!idsOf(batch).every((each) => found.has(each)))
      expect.fail(`${message}: the events of batch ${batch} are not whole`)
  }
}

describe('a history whose process is killed', () => {
  it(`has everything that was acknowledged exactly once and in order, after each of ${kills} kills`, async function () {
    this.timeout(180_000)
    const folder = await temporaryFolder()
    const writers = Array.from({ length: ahead }, () => new Writer())
    const seed = Date.now() >>> 0
    const nextMoment = momentsOf(seed)
    const acknowledgedEvents: string[] = []
    let next = 0
    try {
      for (let kill = 0; kill < kills; kill++) {
        const message = `seed ${seed}, kill ${kill}`
        const [writer, moment] = [writers.shift() as Writer, nextMoment()]
        const acknowledged = await writer.writeUntilKilled(folder.path, next, moment)
        if (kill + ahead < kills) writers.push(new Writer())
        if (!moment.isOpening) expect(acknowledged, message).to.be.greaterThan(next)
        const { store, events } = await openHistory({ file: join(folder.path, 'history.db'), clock: { now: () => 0 } })
        const count = await countIn(store, message)
        for (let batch = next / 200; batch < acknowledged / 200; batch++) acknowledgedEvents.push(...idsOf(batch))
        await checkEvents(events, acknowledgedEvents, message)
        await store.close()
        // Nothing is missing and nothing is there twice; one batch may be durable that could not be acknowledged any more.
        expect([acknowledged, acknowledged + 200], message).to.include(count)
        next = count
      }
    } finally {
      await Promise.all(writers.map((writer) => writer.end()))
      await folder.remove()
    }
  })
})
