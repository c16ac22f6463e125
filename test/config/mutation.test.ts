import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { formatFindings } from '../../src/config/format-findings.ts'
import { locate } from '../../src/config/locate.ts'
import { parseSource } from '../../src/config/parse-source.ts'
import { readPlant } from '../../src/config/read-plant.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from './plant-folder.ts'

/** Pieces that break or change YAML in interesting ways. */
const pieces = [
  '',
  ' ',
  '\t',
  '\n',
  ':',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '"',
  "'",
  '#',
  '---\n',
  '$' + '{X}',
  '\0',
  '\uFEFF',
  '!x ',
  '<<: ',
  '__proto__',
  'é',
  '💧',
  '-1',
  '1e999',
  'null',
  '|',
  '>',
]

const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat(20),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 8, unit: 'binary' })),
})

const mutate = (text: string, mutations: readonly { at: number; length: number; piece: string }[]): string =>
  mutations.reduce((current, { at, length, piece }) => {
    const start = at % (current.length + 1)
    return current.slice(0, start) + piece + current.slice(start + length)
  }, text)

describe('reading a mutated plant', () => {
  after(removePlantFolders)

  it('never throws, and every finding lies inside its file', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': validPipeline })
    const check = async (plant: string, pipeline: string) => {
      await writeFile(join(folder, 'plant.yaml'), plant)
      await writeFile(join(folder, 'pipelines/watch.yaml'), pipeline)
      const { files, findings } = await readPlant(folder, { environment: {} })
      const located = locate(findings, files)
      for (const { file, line, column, code, message, remedy } of located) {
        const lines = (files.files.find((candidate) => candidate.file === file)?.text ?? '').split('\n')
        expect(line).to.be.within(1, lines.length)
        expect(column).to.be.within(1, (lines[(line ?? 1) - 1]?.length ?? 0) + 1)
        for (const text of [code, message, remedy]) expect(text).to.not.equal('')
      }
      expect(formatFindings(located, files)).to.be.a('string')
    }
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(mutations, mutations, (ofPlant, ofPipeline) =>
        check(mutate(validPlant, ofPlant), mutate(validPipeline, ofPipeline)),
      ),
      { numRuns: 150 },
    )
  }).timeout(30_000)
})

describe('parse source', () => {
  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => Boolean(parseSource('f', text, {}))),
      { numRuns: 300 },
    )
  })

  it('ends quickly with one finding when anchors explode', () => {
    const rows = Array.from(
      { length: 20 },
      (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}*a${index}]`,
    )
    const { findings } = parseSource('f', `a0: &a0 x\n${rows.join('\n')}\n`)
    expect(findings.map(({ code }) => code)).to.deep.equal(['file-too-large'])
  })

  for (const [what, text] of [
    ['lists', '['.repeat(20_000)],
    ['rows', '- '.repeat(20_000)],
    ['an alias inside its own anchor', 'a: &a [*a]'],
    ['levels', Array.from({ length: 70 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ] as const) {
    it(`tells once that a text is nested too deeply: ${what}`, () => {
      const { findings } = parseSource('f', text)
      expect(findings.map(({ code }) => code)).to.deep.equal(['yaml-invalid'])
      expect(findings[0]?.message).to.match(/nested/)
    })
  }

  it('reads JSON with tabs, and a text with a byte order mark taken off', () => {
    expect(parseSource('f.json', '{\n\t"a": [1, true, "x"],\n\t"b": null\n}').source.value).to.deep.equal({
      a: [1, true, 'x'],
      b: null,
    })
  })

  it('refuses keys that would reach the prototype', () => {
    expect(parseSource('f', '__proto__: { a: 1 }').findings.map(({ code }) => code)).to.deep.equal(['yaml-invalid'])
    expect(parseSource('f', '? [a]\n: 1').findings.map(({ code }) => code)).to.deep.equal(['yaml-invalid'])
  })

  it('leads aliases back to their anchors', () => {
    const { source } = parseSource('f', 'a: &x\n  b: 1\nc: *x\n')
    expect(source.value).to.deep.equal({ a: { b: 1 }, c: { b: 1 } })
    expect(source.positionOf(['c', 'b'])).to.deep.equal({ line: 2, column: 6 })
    expect(source.positionOf(['c', 'nothing', 'at', 'all'])).to.deep.equal({ line: 3, column: 1 })
    expect(source.positionOf(['a', 'b'], true)).to.deep.equal({ line: 2, column: 3 })
  })
})
