import { expect } from 'chai'
import { exportHistory } from '../../../src/cli/history/export.ts'
import { Progress } from '../../../src/cli/history/progress.ts'
import { bytesText, countText } from '../../../src/cli/history/quantities.ts'
import { tagSample } from '../../history/kit.ts'
import { recordedTerminal } from '../recorded-terminal.ts'
import { keptPlant } from './kit.ts'

describe('the progress of an export', () => {
  it('is one line on a terminal, written again now and then, and is gone at the end', () => {
    const terminal = { ...recordedTerminal(), isLive: true }
    let time = 0
    const progress = new Progress(terminal, { monotonic: () => time })
    progress.show(() => 'too early')
    time = 200
    progress.show(() => 'one')
    time = 399
    progress.show(() => 'too early again')
    time = 400
    progress.show(() => 'two')
    progress.end()
    progress.end()
    expect(terminal.written.err).to.equal('\rone\x1b[K\rtwo\x1b[K\r\x1b[K')
  })

  it('tells rows and the tag that is being read, and nothing where nobody would see it', async () => {
    const plant = await keptPlant()
    await plant.store.append([tagSample('a', 0, 1), tagSample('b', 0, 1)])
    let time = 0
    const clock = { now: () => 0, monotonic: () => (time += 1000) }
    const terminal = { ...recordedTerminal(), isLive: true }
    await exportHistory(plant.folder, {}, { terminal, clock })
    expect(terminal.written.err).to.equal('\r1 row, at a\x1b[K\r2 rows, at b\x1b[K\r\x1b[K')
    const file = recordedTerminal()
    await exportHistory(plant.folder, {}, { terminal: file, clock })
    expect(file.written.err).to.equal('')
    await plant.remove()
  })
})

describe('quantities', () => {
  it('are written as people write them', () => {
    expect([0, 1, 999, 1000, 1234, 99_400, 999_600, 1.5e9, 2e15].map(bytesText)).to.deep.equal([
      ...['0 B', '1 B', '999 B', '1.0 kB', '1.2 kB', '99.4 kB', '1.0 MB', '1.5 GB', '2000 TB'],
    ])
    expect([0, 1, 2].map((count) => countText(count, 'row'))).to.deep.equal(['0 rows', '1 row', '2 rows'])
  })
})
