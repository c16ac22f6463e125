import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { durationText } from '../../src/cli/runs.ts'
import { systemClock } from '../../src/model/clock.ts'
import { good } from '../../src/model/sample.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { Scratch } from '../sqlite/scratch.ts'
import { recorded } from './recorded-terminal.ts'

const start = Date.UTC(2026, 10, 26, 8, 30)
const run = (number: number, more = {}) => ({
  ...{ runId: `run-${number}`, pipeline: 'fill', version: 2, trigger: 'user', initiator: 'ada' },
  ...{ startedAt: start + number * 60_000, parameters: { volume: good(2n ** 63n, 1), at: good(Number.NaN, 1) } },
  ...more,
})
const endOf = (number: number, more = {}) => ({
  ...({ endedAt: start + number * 60_000 + 1500, outcome: 'Completed', cycles: 3 } as const),
  results: [{ tag: 'fill.volume', sample: good(new Uint8Array([1, 2]), start) }],
  ...more,
})

describe('runs and audit on the command line', () => {
  let scratch: Scratch
  let store: Store<unknown>

  beforeEach(async () => {
    scratch = await Scratch.make()
    store = await openStore({ file: scratch.path('data', 'meta.db'), clock: systemClock, onError: () => {} })
  })
  afterEach(async () => {
    await store.close()
    await scratch.close()
  })

  const command = (...args: string[]) => recorded([args[0] ?? '', scratch.folder, ...args.slice(1)])
  const alter = async (sql: string): Promise<void> => {
    await store.close()
    const driver = await openDatabase({ file: scratch.path('data', 'meta.db') })
    await driver.exec(sql)
    await driver.close()
  }

  async function fill(): Promise<void> {
    await store.runs.save({ ...run(1), end: endOf(1) })
    await store.runs.save({ ...run(2, { pipeline: 'watch', trigger: 'auto', initiator: 'auto', version: undefined }) })
    const error = 'open: the valve is stuck\u001b[2J and says so in a text that is far too long for one row of a table'
    await store.runs.save({ ...run(3), end: endOf(3, { outcome: 'Failed', error }) })
  }

  it('tells the runs as a table, newest first, while somebody writes', async () => {
    await fill()
    const { code, out, err } = await command('runs')
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
    expect(rows).to.deep.equal([
      ['start (UTC)', 'pipeline', 'duration', 'outcome', 'version', 'trigger', 'user', 'error'],
      ['2026-11-26 08:33:00', 'fill', '1.50 s', 'Failed', '2', 'user', 'ada', rows[1]?.[7]],
      ['2026-11-26 08:32:00', 'watch', 'running', 'auto'],
      ['2026-11-26 08:31:00', 'fill', '1.50 s', 'Completed', '2', 'user', 'ada'],
    ])
    // What came from a device or a user does not move the cursor, and does not go on for ever.
    expect(rows[1]?.[7])
      .to.match(/^open: the valve is stuck·\[2J.*…$/)
      .and.to.have.length(60)
  })

  it('tells them as JSON with all that is known', async () => {
    await fill()
    const { out } = await command('runs', '--json', '--pipeline', 'fill', '--limit', '1', '--to', '2026-11-26T08:32')
    expect(JSON.parse(out)).to.deep.equal([
      {
        ...{ runId: 'run-1', pipeline: 'fill', trigger: 'user', initiator: 'ada', version: 2, cycles: 3 },
        ...{
          start: '2026-11-26T08:31:00.000Z',
          end: '2026-11-26T08:31:01.500Z',
          durationMs: 1500,
          outcome: 'Completed',
        },
        parameters: { volume: '9223372036854775808', at: 'NaN' },
        results: [{ tag: 'fill.volume', value: 'AQI=', status: 0, sourceTime: '2026-11-26T08:30:00.000Z' }],
      },
    ])
  })

  it('narrows by pipeline and time, which may name a zone', async () => {
    await fill()
    const listed = async (...args: string[]) => {
      const { out } = await command('runs', '--json', ...args)
      return (JSON.parse(out) as { runId: string }[]).map(({ runId }) => runId)
    }
    expect(await listed('--from', '2026-11-26T08:32', '--to', '2026-11-26 08:33:00')).to.deep.equal(['run-2'])
    expect(await listed('--from', '2026-11-26T09:33:00+01:00')).to.deep.equal(['run-3'])
    expect(await listed('--to', '2026-11-26')).to.deep.equal([])
    expect(await listed('--pipeline', 'watch')).to.deep.equal(['run-2'])
    expect((await command('runs', '--pipeline', 'none')).out).to.equal('no runs are kept for that\n')
  })

  it('reads page after page', async () => {
    const driver = await openDatabase({ file: scratch.path('data', 'meta.db') })
    await driver.exec(`
      WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 12000)
      INSERT INTO run(id, pipeline, cause, initiator, parameters, started)
      SELECT value, 'p', 'auto', 'auto', '{}', value FROM n`)
    await driver.close()
    const { out } = await command('runs', '--limit', '11000')
    expect(out.trimEnd().split('\n').length).to.equal(11_001)
  })

  it('works when the plant does not run, and leaves the database as it was', async () => {
    await fill()
    await store.close()
    const before = await readFile(scratch.path('data', 'meta.db'))
    expect((await command('runs')).code).to.equal(0)
    expect((await command('audit')).out).to.equal('nothing is kept for that\n')
    expect((await readFile(scratch.path('data', 'meta.db'))).equals(before)).to.equal(true)
  })

  it('leaves damaged rows out, and says so', async () => {
    await fill()
    await alter(`UPDATE run SET results = '{' WHERE id = 'run-1'`)
    const { code, out, err } = await command('runs')
    expect({ code, rows: out.trimEnd().split('\n').length }).to.deep.equal({ code: 0, rows: 3 })
    expect(err).to.equal('warning: 1 damaged row of table run was left out; a backup may have what is missing\n')
  })

  it('refuses what a newer version has written, and changes nothing', async () => {
    await alter('PRAGMA user_version = 99')
    for (const what of ['runs', 'audit']) {
      const { code, err, out } = await command(what)
      expect({ code, out }).to.deep.equal({ code: 69, out: '' })
      expect(err).to.match(/^error: database-newer .*meta\.db has version 99 and this program knows up to \d+; install/)
    }
  })

  it('reads the runs of an older version, and says what to do where it kept nothing yet', async () => {
    await fill()
    await alter('DROP TABLE audit; PRAGMA user_version = 4')
    expect((await command('runs')).code).to.equal(0)
    const { code, err } = await command('audit')
    expect(code).to.equal(69)
    expect(err).to.match(/database-older .* has version 4 and this program reads 5 or newer; start the plant once/)
  })

  it('says so when there is no database, or another one, and makes none', async () => {
    await store.close()
    await rm(scratch.path('data'), { recursive: true })
    const missing = await command('runs')
    expect(missing.code).to.equal(69)
    expect(missing.err).to.match(
      /file-unreadable there is no .*meta\.db; run the plant first, or name the folder of its databases with --data/,
    )
    expect(await readdir(scratch.folder)).to.deep.equal([])
    await mkdir(scratch.path('data'))
    await writeFile(scratch.path('data', 'meta.db'), 'These are my notes.')
    expect((await command('runs')).err).to.include('database-foreign')
    await writeFile(scratch.path('data', 'meta.db'), new Uint8Array(5000))
    expect((await command('audit')).err).to.include('database-corrupt')
  })

  it('refuses times and limits that are none', async () => {
    for (const args of [
      ...[
        ['--from', 'yesterday'],
        ['--to', '2026-13-01'],
        ['--from', '2026-11-26T25:00'],
        ['--from', '26.11.2026'],
      ],
      ...[
        ['--limit', '0'],
        ['--limit', '1e3'],
        ['--limit', '100001'],
        ['--limit', '-1'],
      ],
    ]) {
      const { code, err } = await command('runs', ...args)
      expect(code, args.join(' ')).to.equal(2)
      expect(err).to.match(/is no time; write 2026-05-01|a limit is a number from 1 to 100000/)
    }
  })

  it('tells durations in two units', () => {
    const texts = [0, 9994, 10_000, 59_999, 61_000, 3_600_000, 90_061_000].map(durationText)
    expect(texts).to.deep.equal(['0.00 s', '9.99 s', '10.0 s', '60.0 s', '1 min 1 s', '1 h 0 min', '1 d 1 h'])
  })
})
