import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../src/package-root.ts'
import { type DemoPlant, startDemo } from '../kit/demo-plant.ts'
import { orderBottle } from './mes.ts'

/** What is different each time: ids of runs and times. */
function masked(line: string): string {
  return line
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<run>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/filledVolume = \d+\.\d+/g, 'filledVolume = <volume>')
}

/** The trace that stands in README.md, after the heading of its section. */
async function traceInReadme(): Promise<readonly string[]> {
  const readme = await readFile(join(packageRoot, 'README.md'), 'utf8')
  const [, section = ''] = readme.split('### A job order, step by step\n')
  const [, trace = ''] = /```\n([^`]*)```/.exec(section) ?? []
  return trace.trimEnd().split('\n')
}

describe('the MES of the examples', function () {
  this.timeout(60_000)
  let demo: DemoPlant
  before(async () => {
    demo = await startDemo()
  })
  after(() => demo.stop())

  it('orders a bottle from the demo plant with standard types alone, and prints what README.md shows', async () => {
    const lines: string[] = []
    const url = demo.plant.urls[0]!
    const order = { url, jobOrderId: 'WO-4711', workMasterId: 'fill', volume: 2 }
    const ended = await orderBottle({ ...order, print: (line) => lines.push(line) })
    expect(ended, lines.join('\n')).to.equal('Ended')
    expect(lines.map(masked)).to.deep.equal((await traceInReadme()).map(masked))
  })
})
