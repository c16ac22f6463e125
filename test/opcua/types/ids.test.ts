import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { AddressSpace, generateAddressSpace } from 'node-opcua'
import { companionNodesets, typesFiles } from '../../../src/opcua/nodesets.ts'
import { buildTypes, type IdRow } from '../../../src/opcua/types/build-types.ts'
import { typeIds } from '../../../src/opcua/types/ids.ts'

/** A type, a member of a type, an argument and a reference type, as if each had been inserted just now. */
const inserted = ['DeviceEventType', 'PipelineType_PipelineId', 'PipelineType_Start_OutputArguments', 'WritesTo']

describe('numbers of our types', () => {
  let committed: IdRow[]

  before(async () => {
    committed = JSON.parse(await readFile(typesFiles.ids, 'utf8')) as IdRow[]
  })

  async function buildWith(rows: readonly IdRow[]): Promise<Map<string, number>> {
    const addressSpace = AddressSpace.create()
    try {
      await generateAddressSpace(addressSpace, [...companionNodesets])
      return new Map(buildTypes(addressSpace, rows).map(([name, id]) => [name, id]))
    } finally {
      addressSpace.dispose()
    }
  }

  it('are each used once', () => {
    expect(new Set(committed.map(([, id]) => id)).size).to.equal(committed.length)
  })

  it('are the same in TypeScript', () => {
    const identifiers = committed.filter(([name]) => /^[A-Za-z0-9]+$/.test(name)).map(([name, id]) => [name, id])
    expect(typeIds).to.deep.equal(Object.fromEntries(identifiers))
    expect(typeIds.PipelineType).to.equal(1047)
  })

  it('stay, when members are inserted in the middle; the new ones get new numbers', async () => {
    const before = committed.filter(([name]) => !inserted.includes(name))
    expect(before.length).to.equal(committed.length - inserted.length)
    const after = await buildWith(before)
    expect(before.filter(([name, id]) => after.get(name) !== id)).to.deep.equal([])
    const taken = new Set(before.map(([, id]) => id))
    for (const name of inserted) expect(taken.has(after.get(name)!), name).to.equal(false)
  })

  it('are never used again, when what had them is gone', async () => {
    const before = committed.filter(([name]) => !inserted.includes(name))
    const taken = new Set(before.map(([, id]) => id))
    const last = Math.max(...taken)
    const gone: IdRow[] = []
    for (let id = 1000; id <= last; id++) if (!taken.has(id)) gone.push([`Gone${id}`, id, 'Variable'])
    const after = await buildWith([...before, ...gone])
    for (const name of inserted) expect(after.get(name), name).to.be.greaterThan(last)
    expect(gone.filter(([name, id]) => after.get(name) !== id)).to.deep.equal([])
  })
})
