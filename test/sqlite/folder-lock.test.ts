import { expect } from 'chai'
import { lockFolder } from '../../src/sqlite/folder-lock.ts'
import { codeOf, Scratch } from './scratch.ts'

describe('the lock of a folder', () => {
  let scratch: Scratch

  beforeEach(async () => {
    scratch = await Scratch.make()
  })
  afterEach(() => scratch.close())

  it('is had by one at a time, also of a folder that is made for it', async () => {
    const folder = scratch.path('data')
    const unlock = await lockFolder(folder)
    expect(await codeOf(lockFolder(folder))).to.equal('database-locked')
    const other = await lockFolder(scratch.path('other'))
    await unlock()
    const again = await lockFolder(folder)
    await Promise.all([again(), other()])
  })
})
