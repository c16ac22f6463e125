import { expect } from 'chai'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import { check, pipeline } from './kit.ts'

/** One thing that is wrong with a pipeline, and the one finding that tells of it. */
export type Row = readonly [
  does: string,
  definition: Partial<PipelineDefinition>,
  code: string,
  path: readonly (string | number)[],
  says: RegExp,
]

/** One test for each row. */
export function describeRows(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [does, definition, code, path, says] of rows) {
      it(`${does} (${code})`, () => {
        const { findings, pipelines } = check(pipeline('watch', definition))
        expect(findings.map((each) => ({ code: each.code, path: each.path, severity: each.severity }))).to.deep.equal([
          { code, path, severity: 'error' },
        ])
        expect(`${findings[0]?.message} | ${findings[0]?.remedy}`).to.match(says)
        expect(findings[0]?.file).to.equal('pipelines/watch.yaml')
        expect(pipelines).to.deep.equal([])
      })
    }
  })
}
