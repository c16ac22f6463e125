import { expect } from 'chai'
import { memoryVersionStore, type VersionStore } from '../src/version-store.ts'
import { VersionsInUse } from '../src/versions-in-use.ts'

const reason = { time: 1, initiator: 'ada', comment: '' }

describe('the versions of pipelines', () => {
  let store: VersionStore
  let versions: VersionsInUse

  beforeEach(() => {
    store = memoryVersionStore()
    versions = new VersionsInUse(store)
  })

  it('have the number of the text that runs, while another one is kept already', async () => {
    await versions.keep('mix', 'old', reason)
    await versions.keep('mix', 'new', reason)
    expect(versions.numberOf('mix', 'old')).to.equal(1)
    expect(versions.numberOf('mix', 'new')).to.equal(2)
  })

  it('have the newest number of a text that is in use again', async () => {
    for (const text of ['old', 'new', 'old']) await versions.keep('mix', text, reason)
    expect(versions.numberOf('mix', 'old')).to.equal(3)
  })

  it('have the number 0 when they were never kept', async () => {
    await versions.keep('mix', 'old', reason)
    expect(versions.numberOf('mix', 'other')).to.equal(0)
    expect(versions.numberOf('fill', 'old')).to.equal(0)
  })

  it('keep a text once, and go on counting where an earlier program ended', async () => {
    await versions.keep('mix', 'old', reason)
    await versions.keep('mix', 'old', reason)
    const later = new VersionsInUse(store)
    await later.keep('mix', 'new', reason)
    expect(later.of([{ id: 'mix' }, { id: 'fill' }]).map(({ version }) => version)).to.deep.equal([1, 2])
    expect(later.of([])).to.deep.equal([])
  })
})
