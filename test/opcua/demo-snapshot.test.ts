import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { demoFolder } from '../../src/package-root.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { dumpInstances } from '../kit/address-space-dump.ts'
import { startDemo } from '../kit/demo-plant.ts'

const snapshotFile = join(import.meta.dirname, 'demo-snapshot.txt')

/**
 * Every node of the demo plant, as clients see it: NodeId, path of BrowseNames, type and data type.
 *
 * A line that changes breaks the clients that keep a NodeId or a path. After an intended change write the snapshot again,
 * with UPDATE_SNAPSHOT=1 in the environment of this test, and look at the difference before committing it.
 */
describe('snapshot of the demo plant', () => {
  let committed: string[]
  after(removePlantFolders)

  before(async () => {
    if (process.env.UPDATE_SNAPSHOT === '1') await writeFile(snapshotFile, `${(await snapshotOf()).join('\n')}\n`)
    committed = (await readFile(snapshotFile, 'utf8')).trimEnd().split('\n')
  })

  it('is what is committed', async () => {
    expect(committed.length).to.be.greaterThan(300)
    expectSame(await snapshotOf(), committed)
  })

  it('stays the same after a restart', async () => {
    expectSame(await snapshotOf(), committed)
  })

  it('stays the same, when files are renamed and their keys are in another order', async () => {
    const demo = demoFolder()
    const files: Record<string, string> = { 'plant.yaml': reordered(await readFile(join(demo, 'plant.yaml'), 'utf8')) }
    const names = (await readdir(join(demo, 'pipelines'))).filter((name) => name.endsWith('.yaml')).sort()
    expect(names.length).to.be.greaterThan(1)
    for (const [index, name] of names.entries()) {
      const text = await readFile(join(demo, 'pipelines', name), 'utf8')
      files[`pipelines/${String.fromCharCode(122 - index)}.yaml`] = reordered(text)
    }
    expectSame(await snapshotOf(await plantFolder(files)), committed)
  })
})

async function snapshotOf(folder?: string): Promise<string[]> {
  const demo = await startDemo(folder)
  try {
    const nodes = await dumpInstances(demo.client.session, 'urn:millrace:plant:demo')
    return nodes.map(({ nodeId, path, type, dataType }) => [nodeId, path, type, dataType].join('\t').trimEnd())
  } finally {
    await demo.stop()
  }
}

/** The first lines that differ say more than two lists of a thousand. */
function expectSame(found: readonly string[], expected: readonly string[]): void {
  const isIn = new Set(expected)
  const isFound = new Set(found)
  const added = found.filter((line) => !isIn.has(line)).slice(0, 20)
  const removed = expected.filter((line) => !isFound.has(line)).slice(0, 20)
  expect({ added, removed }, 'see the comment of this test').to.deep.equal({ added: [], removed: [] })
  expect(found).to.have.lengthOf(expected.length)
}

/** The same document with the keys of every mapping in reverse; lists keep their order, which may mean something. */
function reordered(text: string): string {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, child]) => [key, turn(child)]),
    )
  }
  return stringify(turn(parse(text)))
}
