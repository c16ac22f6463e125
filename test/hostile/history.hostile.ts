import { readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { historianStates } from '../../src/model/event.ts'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { lockedByAnother, mountedSmall, overwrite } from '../kit/disk-faults.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { breaks, historyOf, type LastingClient, lastingClient } from './lasting-client.ts'
import { instances } from './plant-files.ts'

describe('hostile: the database of the history', function () {
  this.timeout(300_000)
  let arena: Arena
  let client: LastingClient
  let unmount: (() => void) | undefined

  before(async () => {
    arena = await startArena({
      async prepare(folder) {
        unmount = mountedSmall(join(folder, 'd'), 48)
      },
    })
    client = await lastingClient(arena.url)
    await until('history begins', async () => (await kept()).length > 20, 20_000)
  })
  after(async () => {
    await client.client.disconnect()
    await arena.stop()
    killPlantProcesses()
    unmount?.()
    await removePlantFolders()
  })

  const data = (...names: string[]) => join(arena.folder, 'd', ...names)
  const figure = (name: string) => client.read(`${instances};s=historian.${name}`)
  const becomes = (state: (typeof historianStates)[number]) =>
    until(`it is ${state}`, async () => (await figure('State')) === historianStates.indexOf(state), 10_000 * slack)
  const kept = async () =>
    (await historyOf(arena.url)).filter(({ value }) => value !== null).map(({ value }) => Number(value))

  /** Every value that was shown is kept, and once. */
  const expectAll = async (): Promise<void> => {
    const last = client.seen.at(-1) ?? 0
    await until('all is kept', async () => ((await kept()).at(-1) ?? 0) >= last, 10_000 * slack)
    expect(breaks(await kept()), 'missing or doubled in the history').to.deep.equal([])
    expect(breaks(client.seen), 'missing or doubled on the wire').to.deep.equal([])
    expect(await figure('LostCount')).to.equal(0)
  }

  it('may be locked by another process for ten seconds: nothing is lost, and readers are served', () =>
    arena.suffer(async () => {
      const release = await lockedByAnother(data('history.db'), arena.folder)
      await becomes('Locked')
      await sleep(10_000)
      expect(Number(await figure('WaitingCount'))).to.be.greaterThan(50)
      await release()
      await becomes('Ok')
      await expectAll()
    }))

  it('may run out of disk: recording stops, everything else goes on, and it goes on by itself', async function () {
    if (!unmount) {
      console.log('      a small file system cannot be mounted here; this needs root')
      this.skip()
    }
    await arena.suffer(async () => {
      const { bavail, bsize } = await statfs(data())
      await writeFile(data('others'), new Uint8Array(bavail * bsize - 300_000))
      await becomes('Full')
      const seen = client.seen.length
      await until('the pipelines go on', () => client.seen.length > seen + 20)
      await rm(data('others'))
      await becomes('Ok')
      await expectAll()
    })
  })

  for (const [what, position] of [
    ['its header is zeroed', 0],
    ['a page in its middle is overwritten', 4096],
  ] as const) {
    it(`is set aside and begun anew when ${what}, and what can be read is salvaged`, () =>
      arena.suffer(async () => {
        const damaged = async () => (await readdir(data())).filter((name) => name.startsWith('history.db.damaged'))
        const before = (await damaged()).length
        // What a checkpoint does after a while: with a copy of the page in the log the damage would mend itself.
        const { DatabaseSync } = await import('node:sqlite')
        const other = new DatabaseSync(data('history.db'))
        other.exec('PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint(TRUNCATE)')
        other.close()
        await overwrite(data('history.db'), position, new Uint8Array(4096).fill(position === 0 ? 0 : 0xa5))
        await until('it is set aside', async () => (await damaged()).length > before, 20_000 * slack)
        await becomes('Ok')
        const last = client.seen.at(-1) ?? 0
        await until('history goes on', async () => ((await kept()).at(-1) ?? 0) >= last, 10_000 * slack)
        expect(breaks(client.seen), 'missing or doubled on the wire').to.deep.equal([])
      }))
  }
})
