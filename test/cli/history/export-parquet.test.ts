import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import type { Value } from '../../../src/model/value.ts'
import { tagSample } from '../../history/kit.ts'
import { recorded } from '../recorded-terminal.ts'
import { type KeptPlant, keptPlant } from './kit.ts'

const epoch = Date.UTC(2026, 0, 1)

async function bufferOf(file: string): Promise<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = await readFile(file)
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}

describe('history export as Parquet', function () {
  this.timeout(30_000)
  let plant: KeptPlant
  let output: string

  beforeEach(async () => {
    plant = await keptPlant()
    output = join(plant.folder, 'kept.parquet')
  })
  afterEach(() => plant.remove())

  async function rowsOf(...args: string[]): Promise<Record<string, unknown>[]> {
    const { code, err } = await recorded(['history', 'export', plant.folder, '-o', output, ...args])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    return parquetReadObjects({ file: await bufferOf(output) })
  }

  it('has numbers as numbers and everything else as text, with time, status and code', async () => {
    const values: readonly Value[] = [1.5, -0, Number.NaN, 'on', '', null, true, 2n ** 60n, new Uint8Array([1]), [1, 2]]
    await plant.store.append(values.map((value, index) => tagSample('a', epoch + index, value)))
    await plant.store.append([tagSample('b', epoch + 0.25, 7, 0x809d0000)])
    const rows = await rowsOf()
    const row = (time: number, value_number: number | null, value_text: string | null): Record<string, unknown> => {
      return { tag: 'a', time: new Date(time), value_number, value_text, status: 'Good', status_code: 0n }
    }
    expect(rows).to.deep.equal([
      row(epoch, 1.5, null),
      row(epoch + 1, -0, null),
      row(epoch + 2, Number.NaN, null),
      row(epoch + 3, null, 'on'),
      row(epoch + 4, null, ''),
      row(epoch + 5, null, null),
      row(epoch + 6, null, 'true'),
      row(epoch + 7, null, '1152921504606846976'),
      row(epoch + 8, null, 'AQ=='),
      row(epoch + 9, null, '[1,2]'),
      { ...row(epoch, 7, null), tag: 'b', status: 'BadDataLost', status_code: 0x809d0000n },
    ])
  })

  it('tells other programs what its columns are: times in microseconds of UTC, tags by dictionary', async () => {
    await plant.store.append([0, 1, 2].map((index) => tagSample('a', epoch + index + 0.25, index)))
    await rowsOf()
    const { schema, row_groups } = parquetMetadata(await bufferOf(output))
    expect(schema.map(({ name }) => name)).to.deep.equal([
      ...['root', 'tag', 'time', 'value_number', 'value_text', 'status', 'status_code'],
    ])
    expect(schema[2]?.logical_type).to.deep.equal({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' })
    expect(schema[3]).to.deep.include({ type: 'DOUBLE', repetition_type: 'OPTIONAL' })
    expect(row_groups[0]?.columns[0]?.meta_data?.encodings).to.include('RLE_DICTIONARY')
    const exact = await parquetReadObjects({
      file: await bufferOf(output),
      columns: ['time'],
      parsers: { timestampFromMicroseconds: (microseconds: bigint) => microseconds },
    } as Parameters<typeof parquetReadObjects>[0])
    expect(exact.map(({ time }) => time)).to.deep.equal([0, 1, 2].map((index) => BigInt(epoch + index) * 1000n + 250n))
  })

  it('writes any number of rows, a group at a time', async () => {
    for (let from = 0; from < 150_000; from += 10_000) {
      const samples = Array.from({ length: 10_000 }, (_, index) => {
        return tagSample(`t${(from + index) % 3}`, epoch + from + index, from + index)
      })
      await plant.store.append(samples)
    }
    const rows = await rowsOf()
    const { row_groups } = parquetMetadata(await bufferOf(output))
    expect(row_groups.map(({ num_rows }) => Number(num_rows))).to.deep.equal([65_536, 65_536, 18_928])
    const values = rows.map(({ value_number }) => value_number as number).sort((a, b) => a - b)
    expect(values.every((value, index) => value === index)).to.equal(true)
    expect(rows.length).to.equal(150_000)
  })

  it('has its columns when there are no rows', async () => {
    const { code, err } = await recorded(['history', 'export', plant.folder, '-o', output])
    expect(code).to.equal(0)
    expect(err).to.equal('note: there are no samples in this range\n')
    expect(await parquetReadObjects({ file: await bufferOf(output) })).to.deep.equal([])
    expect(parquetMetadata(await bufferOf(output)).schema).to.have.lengthOf(7)
  })

  it('has aggregates in a long form', async () => {
    await plant.store.append([0, 10, 70].map((second) => tagSample('a', epoch + second * 1000, second)))
    const rows = await rowsOf('--every', '1m', '--aggregate', 'Maximum', '--aggregate', 'Count')
    expect(rows.map(({ aggregate, value_number }) => [aggregate, value_number])).to.deep.equal([
      ['Maximum', 10],
      ['Maximum', 70],
      ['Count', 2],
      ['Count', 1],
    ])
  })

  it('is chosen by name, whatever the file is called, and keeps times that no calendar has within its range', async () => {
    await plant.store.append([tagSample('a', -1e17, 1), tagSample('a', 1e17, 2)])
    output = join(plant.folder, 'kept.dat')
    const rows = await rowsOf('--format', 'parquet')
    expect(rows.map(({ value_number }) => value_number)).to.deep.equal([1, 2])
  })
})
