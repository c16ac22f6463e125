import { mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { AttributeIds, ClientSubscription, TimestampsToReturn } from 'node-opcua'
import { historianStates } from '../../src/model/event.ts'
import { until } from '../kit/demo-plant.ts'
import { lockedByAnother, mountedSmall, overwrite } from '../kit/disk-faults.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type EventListener, listen, typeId } from '../opcua/event-listener.ts'
import { rawOf } from '../opcua/history/reading.ts'
import { plantFile } from './change-plants.ts'

/** A block that counts its waves: whatever is lost leaves a gap. */
const waveCounter = `import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'wave-counter',
  description: 'Counts its waves.',
  inputs: { value: double({ description: 'Anything.' }) },
  outputs: { count: double({ description: 'Waves so far.' }) },
  memory: () => ({ count: 0 }),
  compute(_inputs, _config, memory) {
    memory.count++
    return { count: memory.count }
  },
})
`
const counting = `pipeline: count
equipment: Acme/Line1
run: { every: 50ms }
steps:
  n: { function: wave-counter, in: { value: 1 } }
outputs:
  n: { from: n.count, history: { keep: 1d } }
`
const files = { 'plant.yaml': plantFile, 'plugins/wave-counter.ts': waveCounter, 'pipelines/count.yaml': counting }
const output = 'pipe/count.Outputs.n'
const smallMegabytes = 32

describe('a plant whose history database fails', function () {
  this.timeout(60_000)
  let data: string
  let scratch: ScratchPlant
  let client: Client
  let events: EventListener
  let counts: number[]
  /** Events that earlier tests have heard. */
  let heardBefore: number
  let isSmall: boolean
  const undo: (() => unknown)[] = []

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'millrace-data-'))
    const unmount = mountedSmall(data, smallMegabytes)
    isSmall = unmount !== undefined
    if (unmount) undo.push(unmount)
    await begin()
    await until('history begins', async () => (await history()).length > 20)
  })
  beforeEach(() => {
    heardBefore = events.heard.length
    counts.length = 0
  })
  after(async () => {
    await scratch?.stop()
    for (const each of undo.reverse()) await each()
    await rm(data, { recursive: true, force: true, maxRetries: 3 })
  })

  /** Runs the plant with a client that watches the output and the events of the server. */
  const begin = async (): Promise<void> => {
    scratch = await startScratch(files, { dataFolder: data })
    client = await scratch.connect('Engineer')
    const fields = ['8:State', '8:Reason', '8:LostCount', '8:TagCount', '8:GapStartTime']
    events = await listen(client, 'i=2253', { fields })
    counts = []
    const subscription = ClientSubscription.create(client.session, {
      ...{ requestedPublishingInterval: 50, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 20 },
      ...{ publishingEnabled: true, maxNotificationsPerPublish: 0, priority: 1 },
    })
    const item = await subscription.monitor(
      { nodeId: client.id(output), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000, discardOldest: true },
      TimestampsToReturn.Source,
    )
    item.on('changed', ({ value, statusCode }) => counts.push(statusCode.isGood() ? Number(value.value) : Number.NaN))
    await until('something is shown', () => counts.length > 5)
  }
  const history = () =>
    rawOf(client.session, client.id(output), {
      ...{ start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) },
    })
  const figure = async (name: string): Promise<unknown> => (await client.read(`historian.${name}`)).value.value
  const isState = async (state: string) => (await figure('State')) === historianStates.indexOf(state as 'Ok')
  const becomes = (state: string, deadlineMs = 10_000) => until(`it is ${state}`, () => isState(state), deadlineMs)
  /** The events of the historian, as state, severity and source. */
  const told = () =>
    events.heard
      .slice(heardBefore)
      .filter(({ EventType }) => String(EventType) === typeId('HistorianStateEventType'))
      .map(({ State, Severity, SourceNode, SourceName, Message }) => {
        expect([String(SourceNode), SourceName]).to.deep.equal([client.id('historian'), 'Historian'])
        return {
          state: historianStates[State as number],
          severity: Severity,
          text: String((Message as { text: string }).text),
        }
      })
  /** States and severities, in order; an event may come a little later than what it tells can be read. */
  const expectTold = async (...expected: readonly (readonly [string, number])[]): Promise<void> => {
    await until('the last one is heard', () => told().length >= expected.length)
    expect(told().map(({ state, severity }) => [state, severity])).to.deep.equal(expected)
  }
  /** The client saw every wave, so publishing never stood still. */
  const expectPublished = async (): Promise<void> => {
    const seen = counts.length
    await until('it goes on', () => counts.length > seen + 5)
    const [first] = counts
    expect(counts).to.deep.equal(counts.map((_, index) => Number(first) + index))
  }
  const numbers = async (): Promise<unknown[]> => (await history()).map(({ value }) => value)
  const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const file = () => join(data, 'history.db')

  it('shows all of it on an object of the runtime while it is well', async () => {
    await until('it is kept', async () => Number(await figure('RecordedCount')) > 10)
    await until('it has looked', async () => Number(await figure('DatabaseSize')) > 0)
    expect(await isState('Ok')).to.equal(true)
    const [tags, free, lost, gaps, time, reason] = await Promise.all(
      ['TagCount', 'FreeSpace', 'LostCount', 'GapCount', 'LastWriteTime', 'Reason'].map(figure),
    )
    expect([tags, lost, gaps]).to.deep.equal([1, 0, 0])
    expect((reason as { text: string | null }).text ?? '').to.equal('')
    expect(Number(free)).to.be.greaterThan(0)
    expect(Date.now() - Number(time)).to.be.lessThan(5000)
    const [parent] = await client.session
      .browse({ nodeId: client.id('historian'), browseDirection: 1, resultMask: 63 } as never)
      .then(({ references }) => references ?? [])
    expect(parent?.nodeId.toString()).to.equal(client.id('runtime'))
    expect(told()).to.deep.equal([])
  })

  it('keeps every sample in order when another process holds it, and answers readers meanwhile', async () => {
    const release = await lockedByAnother(file(), data)
    undo.push(release)
    await becomes('Locked')
    expect((await history()).length).to.be.greaterThan(5)
    await expectPublished()
    await until('samples wait', async () => Number(await figure('WaitingCount')) > 20)
    await release()
    await becomes('Ok')
    const kept = await numbers()
    expect(kept).to.deep.equal(upTo(kept.length))
    expect(kept.length).to.be.at.least(counts.at(-1)! - 20)
    await expectPublished()
    expect(await figure('LostCount')).to.equal(0)
    await expectTold(['Locked', 500], ['Ok', 100])
    expect(told()[0]?.text).to.match(/history is not kept for now .*history.db is locked by another process; stop it/)
  })

  it('sets a file with a zeroed header aside and goes on within 5 s, and readers are never told of an internal error', async () => {
    // What a checkpoint does after a while: with a copy of the header in the log the damage would mend itself.
    const { DatabaseSync } = await import('node:sqlite')
    const other = new DatabaseSync(file())
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    other.close()
    await overwrite(file(), 0, new Uint8Array(100))
    const begun = performance.now()
    const answers = new Set<string>()
    await until('it is moved aside', async () => {
      answers.add(
        await history().then(
          () => 'Good',
          (error: Error) => error.message,
        ),
      )
      return (await readdir(data)).some((name) => name.startsWith('history.db.damaged'))
    })
    await until('it is well', async () => {
      answers.add(
        await history().then(
          () => 'Good',
          (error: Error) => error.message,
        ),
      )
      return told().at(-1)?.state === 'Ok'
    })
    expect(performance.now() - begun).to.be.lessThan(8000)
    expect([...answers].filter((answer) => !['Good', 'BadResourceUnavailable'].includes(answer))).to.deep.equal([])
    await expectPublished()
    await until('history goes on', async () => Number((await numbers()).at(-1)) >= counts.at(-1)! - 5)
    // The old rows were read back, and nothing that came since is missing.
    const kept = (await numbers()).filter((value) => value !== null)
    expect(kept).to.deep.equal(upTo(kept.length))
    expect(scratch.lines.filter((line) => line.includes('cannot be read')).length).to.be.at.most(1)
    await expectTold(['Corrupt', 800], ['Ok', 100])
    expect(told()[1]?.text).to.match(/moved to .*history.db.damaged-.*rows of .* could still be read/)
  })

  it('stops recording before its disk is full, still lets pipelines be started and stopped, and goes on by itself', async function () {
    if (!isSmall) {
      console.log('      a small file system cannot be mounted here; this needs root')
      this.skip()
    }
    const { bavail, bsize } = await statfs(data)
    await writeFile(join(data, 'others'), new Uint8Array(bavail * bsize - 300_000))
    await becomes('Full')
    const reason = ((await figure('Reason')) as { text: string }).text
    expect(reason)
      .to.contain(file())
      .and.to.match(/0\.\d MB free; make room/)
    // meta.db is on the same disk, and what it needs is little: that is what the rest is for.
    const call = async (name: string) => {
      const answer = await client.session.call({
        objectId: client.id('pipe/count'),
        methodId: client.id(`pipe/count.${name}`),
      })
      return answer.statusCode.name
    }
    await expectPublished()
    expect(await call('Suspend')).to.equal('Good')
    expect(await call('Resume')).to.equal('Good')
    await rm(join(data, 'others'))
    await becomes('Ok')
    await until('all is kept', async () => Number((await numbers()).at(-1)) >= counts.at(-1)! - 5)
    // The value at the time of the suspension is there more than once, with the statuses that it had.
    const kept = [...new Set(await numbers())]
    expect(kept).to.deep.equal(upTo(kept.length))
    expect(await figure('LostCount')).to.equal(0)
    await expectTold(['Full', 800], ['Ok', 100])
  })

  it('starts although another process holds it, and begins to keep history when that has ended', async () => {
    await scratch.stop()
    const release = await lockedByAnother(file(), data)
    undo.push(release)
    await begin()
    heardBefore = 0
    await becomes('Locked')
    expect(await history().catch((error: Error) => error.message)).to.equal('BadResourceUnavailable')
    expect(scratch.lines.some((line) => /not kept for now .*history.db is locked/.test(line))).to.equal(true)
    await release()
    await becomes('Ok')
    await until('both are there', async () => (await numbers()).filter((value) => value === 3).length === 2)
    await expectPublished()
  })

  it('goes on with a new file when it was deleted', async () => {
    await rm(file())
    await until('it is well', () => told().at(-1)?.state === 'Ok')
    await expectPublished()
    const rows = await history()
    expect(rows[0]).to.include({ status: 'BadDataLost', value: null })
    const kept = rows.slice(1).map(({ value }) => Number(value))
    expect(kept).to.deep.equal(upTo(kept.at(-1)!, kept[0]))
    expect((await stat(file())).size).to.be.greaterThan(0)
  })
})
