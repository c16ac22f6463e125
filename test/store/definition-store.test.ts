import { expect } from 'chai'
import type { DefinitionStore } from '../../src/store/definition-store.ts'
import { hashOf, memoryVersionStore, type VersionStore } from '../../src/version-store.ts'
import { describeStores } from './stores.ts'

const entry = { pipeline: 'fill', time: 1000.5, initiator: 'ada', comment: 'for the new valve', text: 'steps: []\n' }

/** What holds for every store of definitions, whatever it keeps them in. */
function definitionContract(storeOf: () => DefinitionStore): void {
  it('numbers the versions of each pipeline from 1', async () => {
    const store = storeOf()
    const versions = [
      await store.append(entry),
      await store.append(entry),
      await store.append({ ...entry, pipeline: 'b' }),
    ]
    expect(versions.map(({ pipeline, version }) => `${pipeline} ${version}`)).to.deep.equal(['fill 1', 'fill 2', 'b 1'])
  })

  it('gives no number again that was given before, also when it has lost what had it', async () => {
    const store = storeOf()
    expect((await store.append({ ...entry, after: 4 })).version).to.equal(5)
    expect((await store.append({ ...entry, after: 2 })).version).to.equal(6)
  })

  it('lists who, when and why with the hash of the text, oldest first', async () => {
    const store = storeOf()
    const { text, ...facts } = entry
    await store.append(entry)
    await store.append({ ...entry, text: 'other', comment: '' })
    expect(await store.list('fill')).to.deep.equal([
      { ...facts, version: 1, hash: hashOf(text) },
      { ...facts, comment: '', version: 2, hash: hashOf('other') },
    ])
    expect(await store.list('nothing')).to.deep.equal([])
  })

  it('gives every text back as it was', async () => {
    const store = storeOf()
    const texts = ['', 'a: "\u00e4 \u{1f3ed}"\r\n', 'x'.repeat(100_000)]
    for (const text of texts) await store.append({ ...entry, text })
    for (const [index, text] of texts.entries()) expect(await store.read('fill', index + 1)).to.equal(text)
    expect(await store.read('fill', 4)).to.equal(undefined)
    expect(await store.read('nothing', 1)).to.equal(undefined)
  })
}

describe('definitions in memory', () => definitionContract(memoryVersionStore))

describeStores('definitions', (rig) => {
  definitionContract(() => rig.store.definitions)

  it('gives no number twice when many are kept at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => rig.store.definitions.append(entry)))
    expect(made.map(({ version }) => version)).to.deep.equal(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('knows them after a restart, also as a VersionStore', async () => {
    await rig.store.definitions.append(entry)
    await rig.reopen()
    const versions: VersionStore = rig.store.definitions
    expect(await versions.read('fill', 1)).to.equal(entry.text)
  })
})
