import { expect } from 'chai'
import type { StoredUser } from '../../src/store/user-store.ts'
import { describeStores } from './stores.ts'

const user = (name: string, more: Partial<StoredUser> = {}): StoredUser => ({
  name,
  roles: ['Operator', 'Engineer'],
  isEnabled: true,
  password: {
    salt: new Uint8Array(16).fill(7),
    hash: new Uint8Array(32).fill(255),
    cost: 65_536,
    blockSize: 8,
    parallelization: 1,
  },
  changedAt: 1000,
  ...more,
})

describeStores('users', (rig) => {
  it('keeps a user with the parameters of the password', async () => {
    await rig.store.users.save(user('ada'))
    await rig.reopen()
    expect(await rig.store.users.find('ada')).to.deep.equal(user('ada'))
    expect(await rig.store.users.find('Ada')).to.equal(undefined)
  })

  it('replaces a user of the same name', async () => {
    const { users } = rig.store
    await users.save(user('ada'))
    const changed = user('ada', { isEnabled: false, roles: [], password: { ...user('ada').password, cost: 131_072 } })
    await users.save(changed)
    expect(await users.list()).to.deep.equal([changed])
  })

  it('lists users by name and removes one', async () => {
    const { users } = rig.store
    for (const name of ['eve', 'ada', 'bob']) await users.save(user(name))
    expect(await users.remove('bob')).to.equal(true)
    expect(await users.remove('bob')).to.equal(false)
    expect((await users.list()).map(({ name }) => name)).to.deep.equal(['ada', 'eve'])
  })
})
