import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { hostileRows } from './rows.ts'

const isRun = (file: string) => /\.(hostile|test)\.ts$/.test(file)

describe('the rows of the hostile tests', () => {
  const rows = hostileRows()

  it('are as many as the faults and the bad inputs that were promised', () => {
    // Eighteen faults and twenty-eight inputs; a row that cannot be read would be missing in silence.
    expect(rows.length).to.be.at.least(46)
    expect(new Set(rows.map(({ title }) => title)).size).to.equal(rows.length)
  })

  for (const { title, written, files } of rows) {
    it(`have a test that runs, and name nothing that is not there: ${title}`, () => {
      expect(files.filter(isRun), 'tests').not.to.deep.equal([])
      expect(files.length, written.join(', ')).to.be.at.least(written.length)
    })
  }

  it('name every file of this folder with tests in it', () => {
    const named = new Set(rows.flatMap(({ files }) => files))
    const there = readdirSync(import.meta.dirname).filter((name) => isRun(name) && name !== 'rows.test.ts')
    expect(there.filter((name) => !named.has(join('test', 'hostile', name)))).to.deep.equal([])
  })
})
