import { readdir, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { systemClock } from '../../src/model/clock.ts'
import { openStore } from '../../src/store/store.ts'
import { codeOf } from '../sqlite/scratch.ts'
import { describeStores } from './stores.ts'

const entry = { pipeline: 'fill', time: 1, initiator: 'ada', comment: '', text: 'steps: []' }

describeStores('the store', (rig, adapter) => {
  const open = (file: string) =>
    openStore({ file: rig.scratch.path(file), adapter, clock: systemClock, onError: () => {}, busyTimeoutMs: 50 })

  it('tells that it was made, and nothing when it is opened again', async () => {
    expect(rig.store.notices.map(({ kind }) => kind)).to.deep.equal(['created'])
    await rig.reopen()
    expect(rig.store.notices).to.deep.equal([])
  })

  it('is one file after it was closed, and closes twice', async () => {
    await rig.store.definitions.append(entry)
    await Promise.all([rig.store.close(), rig.store.close()])
    expect(await readdir(rig.scratch.folder)).to.deep.equal(['meta.db'])
    expect(await codeOf(rig.store.definitions.append(entry))).to.equal('database-closed')
    expect(await codeOf(rig.store.audit.read({ limit: 1 }))).to.equal('database-closed')
  })

  it('can be copied while it is used, and the copy is a store', async () => {
    await rig.store.definitions.append(entry)
    await rig.store.backupInto(rig.scratch.path('copy.db'))
    await rig.store.definitions.append(entry)
    const copy = await open('copy.db')
    expect((await copy.definitions.list('fill')).length).to.equal(1)
    await copy.close()
  })

  it('starts anew beside a damaged file, and says so', async () => {
    await writeFile(rig.scratch.path('other.db'), new Uint8Array(8192))
    const store = await open('other.db')
    expect(store.notices.map(({ kind }) => kind)).to.deep.equal(['movedAside', 'created'])
    await store.close()
  })

  it('leaves nothing open when it cannot be opened', async () => {
    await writeFile(rig.scratch.path('text.db'), 'no database at all')
    expect(await codeOf(open('text.db'))).to.equal('database-foreign')
    const holder = await rig.scratch.open({ file: rig.scratch.path('meta.db'), adapter })
    await holder.exec('DROP TABLE condition')
    await holder.close()
    expect(await codeOf(open('meta.db'))).to.equal('database-failed')
  })
})
