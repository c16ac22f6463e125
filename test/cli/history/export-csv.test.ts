import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import type { EncodedValue, Value } from '../../../src/model/value.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { tagSample } from '../../history/kit.ts'
import { recorded } from '../recorded-terminal.ts'
import { type KeptPlant, keptPlant } from './kit.ts'

const epoch = Date.UTC(2026, 0, 1)
const header = 'tag,time,value,status,statusCode\n'

describe('history export as CSV', function () {
  this.timeout(30_000)
  let plant: KeptPlant

  beforeEach(async () => {
    plant = await keptPlant()
  })
  afterEach(() => plant.remove())

  const run = (...args: string[]) => recorded(['history', 'export', plant.folder, ...args])

  it('writes every sample of every tag while the history is being written, with time, value and status', async () => {
    await plant.store.append([
      tagSample('b.x', epoch, 1.5),
      tagSample('a.y', epoch + 1000, 'on'),
      tagSample('a.y', epoch + 500.25, null, 0x80310000),
      tagSample('b.x', epoch + 1, 3, 0x809d0000),
    ])
    expect(await run()).to.deep.equal({
      code: 0,
      err: '',
      out: [
        header,
        'a.y,2026-01-01T00:00:00.50025Z,,BadNoCommunication,0x80310000\n',
        'a.y,2026-01-01T00:00:01.000Z,on,Good,0x00000000\n',
        'b.x,2026-01-01T00:00:00.000Z,1.5,Good,0x00000000\n',
        'b.x,2026-01-01T00:00:00.001Z,3,BadDataLost,0x809d0000\n',
      ].join(''),
    })
    await plant.end()
    expect((await run()).out.split('\n')).to.have.lengthOf(6)
  })

  it('writes values of every kind as text', async () => {
    const guid: EncodedValue = { type: 'Guid', namespaces: ['urn:a'], body: new Uint8Array([1, 2]) }
    const values: readonly (readonly [Value, string])[] = [
      [true, 'true'],
      [Number.NaN, 'NaN'],
      [Number.NEGATIVE_INFINITY, '-Infinity'],
      [-0, '-0'],
      [1e21, '1e+21'],
      [2n ** 63n, '9223372036854775808'],
      ['', ''],
      ['a,"b"\r\nc', 'a,"b"\r\nc'],
      ['\r', '\r'],
      ['=1+1', '=1+1'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [new Date(Number.NaN), 'Invalid Date'],
      [new Uint8Array([1, 255]), 'Af8='],
      [[1.5, Number.NaN, -0], '[1.5,"NaN","-0"]'],
      [[2n ** 60n], '["1152921504606846976"]'],
      [[new Uint8Array([1]), 'x', true], '["AQ==","x",true]'],
      [[], '[]'],
      [guid, '{"type":"Guid","namespaces":["urn:a"],"body":"AQI="}'],
      [[guid], '[{"type":"Guid","namespaces":["urn:a"],"body":"AQI="}]'],
    ]
    await plant.store.append(values.map(([value], index) => tagSample('a', index, value)))
    const { out } = await run()
    const rows = parse(out, { columns: true, relax_column_count: false }) as { value: string }[]
    expect(rows.map(({ value }) => value)).to.deep.equal(values.map(([, text]) => text))
    // An empty text can be told from a missing value.
    expect(out).to.include('.006Z,"",Good')
  })

  it('gives texts and tags of any characters back to a reader of RFC 4180', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', ';', "'", 'ä', '\ufeff', '\t') })
    const rows = fc.sample(
      fc.tuple(
        text.filter((tag) => tag !== ''),
        text,
      ),
      { numRuns: 300, seed: 3 },
    )
    await plant.store.append(rows.map(([tag, value], index) => tagSample(tag, index, value)))
    const read = parse((await run()).out, { from_line: 2 }) as string[][]
    const byTime = read.toSorted(([, a = ''], [, b = '']) => Date.parse(a) - Date.parse(b))
    expect(byTime.map(([tag, , value]) => [tag, value])).to.deep.equal(rows)
  })

  it('writes times as exactly as they are kept, and those that no calendar has as numbers', async () => {
    await plant.store.append(
      [epoch + 0.9999999, epoch + 0.125, -1.5, 8.64e15, 1e17].map((time) => tagSample('a', time, 1)),
    )
    const times = (parse((await run()).out, { from_line: 2 }) as string[][]).map(([, time]) => time)
    expect(times).to.deep.equal([
      '1969-12-31T23:59:59.9985Z',
      '2026-01-01T00:00:00.000125Z',
      '2026-01-01T00:00:00.001Z',
      '+275760-09-13T00:00:00.000Z',
      '100000000000000000',
    ])
  })

  it('takes tags by name and by pattern, and times from the first to before the last', async () => {
    const tags = ['fill.volume', 'fill.label', 'watch.rate', 'a+b']
    await plant.store.append(
      tags.flatMap((tag) => [0, 1, 2].map((second) => tagSample(tag, epoch + second * 1000, second))),
    )
    const rowsOf = async (...args: string[]): Promise<string[]> => {
      const { code, out } = await run(...args)
      expect(code).to.equal(0)
      return (parse(out, { from_line: 2 }) as string[][]).map(([tag, , value]) => `${tag} ${value}`)
    }
    expect(await rowsOf('--tag', 'watch.rate', '--from', '2026-01-01T00:00:01Z')).to.deep.equal([
      'watch.rate 1',
      'watch.rate 2',
    ])
    expect(await rowsOf('--tag', 'fill.*', '--to', '2026-01-01T00:00:00.5Z')).to.deep.equal([
      'fill.label 0',
      'fill.volume 0',
    ])
    expect(await rowsOf('--tag', 'a+b', '--tag', '*.rate', '--to', '2026-01-01T01:00:01+01:00')).to.deep.equal([
      'a+b 0',
      'watch.rate 0',
    ])
    expect(await rowsOf('--tag', '*')).to.have.lengthOf(12)
    expect(await rowsOf('--from', '2026-01-01T00:00:02Z', '--to', 'now')).to.have.lengthOf(4)
  })

  it('says what is wrong with a tag that is not there', async () => {
    await plant.store.append([tagSample('fill.volume', 0, 1)])
    const misspelt = await run('--tag', 'fill.volme')
    expect(misspelt).to.deep.include({ code: 1, out: '' })
    expect(misspelt.err).to.match(/^error: tag-unknown no tag is called fill\.volme; did you mean fill\.volume\?\n/)
    expect((await run('--tag', 'fill.*', '--tag', 'x*')).err)
      .to.include('no tag fits x*')
      .and.include('history list')
  })

  it('writes the columns alone when there is nothing in the range, and says so', async () => {
    await plant.store.append([tagSample('a', epoch, 1)])
    const expected = { code: 0, out: header, err: 'note: there are no samples in this range\n' }
    expect(await run('--from', '2027-01-01')).to.deep.equal(expected)
    const empty = await keptPlant()
    expect(await recorded(['history', 'export', empty.folder])).to.deep.equal(expected)
    await empty.remove()
  })

  it('writes a file, and never over another unless it is told to', async () => {
    await plant.store.append([tagSample('a', epoch, 1)])
    const output = join(plant.folder, 'a.csv')
    const first = await run('--output', output)
    expect(first).to.deep.equal({ code: 0, err: '', out: `wrote 1 row of 1 tag to ${output} (78 B)\n` })
    const text = await readFile(output, 'utf8')
    expect(text).to.equal(`${header}a,2026-01-01T00:00:00.000Z,1,Good,0x00000000\n`)
    await plant.store.append([tagSample('a', epoch + 1, 2)])
    const again = await run('-o', output)
    expect(again).to.deep.include({ code: 1, out: '' })
    expect(again.err).to.include(`error: file-exists ${output}`).and.include('remedy: ')
    expect(await readFile(output, 'utf8')).to.equal(text)
    expect((await run('-o', output, '--force')).code).to.equal(0)
    expect(await readFile(output, 'utf8')).to.match(/^tag.*\na,.*\na,.*\n$/)
    expect((await readdir(plant.folder)).toSorted()).to.deep.equal(['a.csv', 'data'])
  })

  it('never replaces a database of the plant, whatever it is told', async () => {
    await plant.store.append([tagSample('a', epoch, 1)])
    const link = join(plant.folder, 'link.csv')
    await symlink(join(plant.data, 'history.db'), link)
    for (const output of [join(plant.data, 'history.db'), join(plant.data, 'history.db-wal'), link]) {
      const { code, err } = await run('-o', output, '--force')
      expect(code).to.equal(2)
      expect(err).to.include('is a database of the plant')
    }
    expect((await run()).out).to.include('a,2026')
  })

  it('leaves nothing behind where it cannot write, and says why', async () => {
    const missing = await run('-o', join(plant.folder, 'none', 'a.csv'))
    expect(missing.code).to.equal(69)
    expect(missing.err).to.match(/^error: file-unreadable .*a\.csv cannot be written: ENOENT; choose another file/)
    await mkdir(join(plant.folder, 'a.csv'))
    expect((await run('-o', join(plant.folder, 'a.csv'), '--force')).code).to.equal(69)
    expect((await readdir(plant.folder)).toSorted()).to.deep.equal(['a.csv', 'data'])
  })

  it('finds the databases where run has them: by option, by environment, in the plant folder', async () => {
    await plant.store.append([tagSample('a', 0, 1)])
    const elsewhere = await keptPlant()
    const args = ['history', 'export', elsewhere.folder]
    const lines = async (...more: Parameters<typeof recorded>): Promise<number> => {
      return (await recorded(...more)).out.trim().split('\n').length
    }
    expect(await lines(args)).to.equal(1)
    expect(await lines([...args, '--data', plant.data])).to.equal(2)
    expect(await lines(args, { MILLRACE_DATA: plant.data })).to.equal(2)
    expect(await lines([...args, '--data', elsewhere.data], { MILLRACE_DATA: plant.data })).to.equal(1)
    await elsewhere.remove()
  })

  it('says where it looked when there is no history', async () => {
    const { code, out, err } = await recorded(['history', 'export', join(plant.folder, 'none')])
    expect({ code, out }).to.deep.equal({ code: 69, out: '' })
    expect(err)
      .to.include(join('none', 'data', 'history.db'))
      .and.include('--data')
    await plant.end()
    await writeFile(join(plant.data, 'history.db'), 'hello, this is a letter')
    expect((await run()).err).to.include('error: database-foreign')
    expect(await readFile(join(plant.data, 'history.db'), 'utf8')).to.equal('hello, this is a letter')
  })

  it('warns of what is damaged, and writes the rest', async () => {
    for (let batch = 0; batch < 3; batch++) {
      await plant.store.append(Array.from({ length: 600 }, (_, index) => tagSample('a', batch * 600 + index, index)))
    }
    await plant.store.append([tagSample('b', 1, 1), tagSample('b', 2, 2)])
    await plant.end()
    const database = await openDatabase({ file: join(plant.data, 'history.db') })
    await database.exec(`UPDATE chunk SET blob = x'0011' WHERE id = 2; UPDATE journal SET blob = x'0011' WHERE seq = 4`)
    await database.close()
    const { code, out, err } = await run()
    expect(code).to.equal(0)
    expect(out.trim().split('\n')).to.have.lengthOf(1 + 1201)
    expect(out).to.include('a,1970-01-01T00:00:00.600Z,600,BadDataLost,0x809d0000\n')
    expect(err).to.match(/^warning: 1 block of the history .*\nwarning: 2 samples that were written last .*\n$/)
  })

  it('computes aggregates over intervals, on whole minutes unless it is told otherwise', async () => {
    const samples = Array.from({ length: 180 }, (_, second) => tagSample('a', epoch + 30_000 + second * 1000, second))
    await plant.store.append([...samples, tagSample('s', epoch + 61_000, 'x')])
    const { code, out } = await run('--tag', 'a', '--every', '1m', '--aggregate', 'Average', '--aggregate', 'Count')
    expect(code).to.equal(0)
    expect(out.split('\n').slice(0, 5)).to.deep.equal([
      'tag,time,aggregate,value,status,statusCode',
      'a,2026-01-01T00:00:00.000Z,Average,14.5,Good,0x00000405',
      'a,2026-01-01T00:01:00.000Z,Average,59.5,Good,0x00000401',
      'a,2026-01-01T00:02:00.000Z,Average,119.5,Good,0x00000401',
      'a,2026-01-01T00:03:00.000Z,Average,164.5,Good,0x00000405',
    ])
    const counts = (parse(out, { from_line: 6 }) as string[][]).map((row) => row[3])
    expect(counts).to.deep.equal(['30', '60', '60', '30'])
    const range = ['--from', '2026-01-01T00:00:30Z', '--to', '2026-01-01T00:02:15Z']
    const partial = await run('--every', '1m', '--aggregate', 'Count', ...range)
    expect((parse(partial.out, { from_line: 2 }) as string[][]).map((row) => row.slice(0, 5))).to.deep.equal([
      ['a', '2026-01-01T00:00:30.000Z', 'Count', '60', 'Good'],
      ['a', '2026-01-01T00:01:30.000Z', 'Count', '45', 'Good'],
      ['s', '2026-01-01T00:00:30.000Z', 'Count', '1', 'Good'],
      ['s', '2026-01-01T00:01:30.000Z', 'Count', '', 'BadNoData'],
    ])
  })

  it('computes any number of intervals piece by piece', async () => {
    await plant.store.append([0, 1, 15_003].map((second) => tagSample('a', epoch + second * 1000, second)))
    const { out } = await run('--every', '1s', '--aggregate', 'Count')
    const rows = parse(out, { from_line: 2 }) as string[][]
    expect(rows.length).to.equal(15_004)
    for (const [index, [, time]] of rows.entries()) expect(Date.parse(time ?? '')).to.equal(epoch + index * 1000)
    expect(rows.filter(([, , , value]) => value === '1')).to.have.lengthOf(3)
  })

  for (const [args, says] of [
    [['--every', '1m'], 'say --aggregate Average'],
    [['--aggregate', 'Average'], 'say --every 1m'],
    [['--every', '1 minute', '--aggregate', 'Average'], '--every 1 minute is no duration'],
    [['--every', '0s', '--aggregate', 'Average'], '--every 0s is no duration'],
    [['--every', '1m', '--aggregate', 'average'], 'Did you mean Average?'],
    [['--format', 'xml'], 'Allowed choices are csv, parquet'],
    [['--format', 'parquet'], 'name a file with --output'],
    [['--from', 'yesterday'], '--from yesterday is no time'],
    [['--to', '2026-02-30'], '--to 2026-02-30 is no time'],
    [['--from', '-1h', '--to', '-2h'], '--from -1h is not before --to -2h'],
    [['--from', '2026-01-01', '--to', '2026-01-01'], 'is not before'],
  ] as const) {
    it(`tells wrong usage with exit code 2: ${args.join(' ')}`, async () => {
      const { code, out, err } = await run(...args)
      expect(err).to.include(says)
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    })
  }
})
