import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadPlant } from '../../../src/load-plant.ts'
import { bench, complaintsAbout } from './signals-kit.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-signals-'))
const folder = join(root, 'plant')
mkdirSync(folder)

const replay = { name: 'x', signal: 'replay', file: 'a.csv', column: 'v' }

/** Values of a replay of this text at several times in seconds after the connection. */
async function played(text: string, tag: object, at: readonly number[]): Promise<unknown[]> {
  writeFileSync(join(folder, 'a.csv'), text)
  const device = await bench([{ ...replay, ...tag }], { folder, connectedAt: 5000, begin: 'connect' })
  const values: unknown[] = []
  for (const second of at) values.push((await device.at(5000 + 1000 * second)).x)
  return values
}

/** What is told about a replay of this text. */
function told(text: string | Buffer, tag: object = { interval: 1 }): readonly string[] {
  writeFileSync(join(folder, 'a.csv'), text)
  return complaintsAbout([{ ...replay, ...tag }], folder)
}

describe('signals: replay', () => {
  after(() => rmSync(root, { recursive: true }))

  it('plays a column with a fixed interval, again and again or once', async () => {
    const text = 'v,w\n1,9\n2,9\n3,9\n'
    expect(await played(text, { interval: 2 }, [0, 1, 2, 4, 6, 8])).to.deep.equal([1, 1, 2, 3, 1, 2])
    expect(await played(text, { interval: 2, loop: false }, [0, 5, 6, 100])).to.deep.equal([1, 3, 3, 3])
    expect(await played(text, { interval: 2, speed: 2 }, [0, 1, 2, 3])).to.deep.equal([1, 2, 3, 1])
  })

  it('plays by a column of seconds or dates, the last row as long as the one before', async () => {
    expect(await played('t,v\n10,1\n11,2\n14,3\n', { timeColumn: 't' }, [0, 1, 3.9, 4, 6.9, 7])).to.deep.equal([
      1, 2, 2, 3, 3, 1,
    ])
    const dates = 't,v\n2026-05-01T06:00:00Z,1\n2026-05-01T08:00:01+02:00,2\n2026-05-01 06:00:02.5,3\n'
    expect(await played(dates, { timeColumn: 't' }, [0, 1, 2.4, 2.5])).to.deep.equal([1, 2, 2, 3])
  })

  it('takes columns by number, other delimiters, decimal commas, quotes, and the mark of UTF-8', async () => {
    expect(await played('9,1\n9,2\n', { column: 2, interval: 1 }, [0, 1])).to.deep.equal([1, 2])
    expect(await played('a,b\n9,2\n', { column: 2, header: true, interval: 1 }, [0])).to.deep.equal([2])
    expect(await played('\uFEFFv;w\r\n1,5;2\r\n', { delimiter: ';', interval: 1 }, [0])).to.deep.equal([1.5])
    expect(await played('v\n"on, now"\n', { type: 'String', interval: 1 }, [0])).to.deep.equal(['on, now'])
    expect(await played('v\ntrue\n0\n', { type: 'Boolean', interval: 1 }, [0, 1])).to.deep.equal([true, false])
  })

  it('has no value where a cell is empty, which the runtime shows as BadNoData', async () => {
    expect(await played('v,w\n1,1\n,1\n', { interval: 1 }, [0, 1])).to.deep.equal([1, null])
  })

  it('tells what cannot be played with its file and line', () => {
    const tag = "tag 'x': "
    expect(told('v\n1\ntwo\n')).to.deep.equal([
      `${tag}a.csv:3: the value is "two", not a number; mend the line, or the type of the tag`,
    ])
    expect(told('w\n1\n')).to.deep.equal([`${tag}a.csv:1: there is no column v; the first line has w`])
    expect(told('v,w\n1,1\n\n2\n', { column: 2, header: true, interval: 1 })).to.deep.equal([
      `${tag}a.csv:4: there is no column 2; the line has 1`,
    ])
    expect(told('v\n1\n', { column: 1, interval: 1 })[0]).to.match(/a\.csv:1: .*set header: true if the line has names/)
    expect(told('v\n')).to.deep.equal([`${tag}a.csv:1: there is no row; record some, or choose another file`])
    expect(told('')[0]).to.match(/a\.csv:1: there is no column v/)
    expect(told('v\n1\n"2\n')[0]).to.match(/a\.csv:\d: quote not closed/i)
    expect(told('t,v\n1,1\n1,2\n', { timeColumn: 't' })[0]).to.match(
      /a\.csv:3: the time is not after that of the row before/,
    )
    expect(told('t,v\nsoon,1\n', { timeColumn: 't' })[0]).to.match(/a\.csv:2: the time is "soon"; give seconds or/)
    expect(told('v\n300\n', { type: 'Byte', interval: 1 })[0]).to.match(
      /a\.csv:2: the value is 300, which no Byte can hold/,
    )
    expect(told(Buffer.alloc(9_000_000, '1\n'))[0]).to.match(/a\.csv has 9000000 bytes, more than 8388608; split it/)
  })

  it('tells a file that is missing, is a folder, or lies outside the plant', () => {
    const about = (file: string) => complaintsAbout([{ ...replay, file, interval: 1 }], folder)[0]
    writeFileSync(join(root, 'secret.csv'), 'v\n1\n')
    symlinkSync(join(root, 'secret.csv'), join(folder, 'link.csv'))
    expect(about('b.csv')).to.match(/b\.csv does not exist; give the name of a file in the folder of the plant/)
    expect(about('.')).to.match(/cannot be read \(EISDIR\)/)
    for (const outside of ['../secret.csv', 'link.csv', join(root, 'secret.csv')]) {
      expect(about(outside), outside).to.match(/is not in the folder of the plant|does not exist/)
    }
  })

  it('is a finding at the line of its tag in the plant file, and none once the file is right', async () => {
    const plant = [
      'plant: acme',
      'equipment: { Acme: { level: Site } }',
      'devices:',
      '  m1:',
      '    type: signals',
      '    equipment: Acme',
      '    config:',
      '      tags:',
      '        - { name: y }',
      '        - { name: x, signal: replay, file: a.csv, column: v, interval: 1s }',
    ]
    writeFileSync(join(folder, 'plant.yaml'), plant.join('\n'))
    writeFileSync(join(folder, 'a.csv'), 'v\n1\nx\n')
    const { findings } = await loadPlant(folder, { environment: {} })
    expect(findings).to.have.length(1)
    expect(findings[0]).to.include({ code: 'value-invalid', line: 10 })
    expect(findings[0]?.message).to.include('a.csv:3')
    writeFileSync(join(folder, 'a.csv'), 'v\n1\n')
    expect((await loadPlant(folder, { environment: {} })).findings).to.deep.equal([])
  })
})
