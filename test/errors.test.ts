import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { errorTable } from '../src/model/errors.ts'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| (.+?) \| (.+?) \|$/gm)].map(([, code, cause, remedy]) => ({
  code,
  cause,
  remedy,
}))
const sources = ['src', 'plugins'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'model/errors.ts')
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
)

describe('the table of errors', () => {
  it('stands in README.md with every code, cause and remedy, and no other', () => {
    const declared = Object.entries(errorTable).map(([code, row]) => ({ code, cause: row.cause, remedy: row.remedy }))
    const order = (a: { code?: string | undefined }, b: { code?: string | undefined }): number =>
      String(a.code).localeCompare(String(b.code))
    expect(rows.toSorted(order)).to.deep.equal(declared.toSorted(order))
  })

  it('has no code that nothing uses', () => {
    const text = sources.join('\n')
    const unused = Object.keys(errorTable).filter((code) => !text.includes(`'${code}'`))
    expect(unused).to.deep.equal([])
  })
})
