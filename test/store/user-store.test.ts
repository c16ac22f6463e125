import { stat } from 'node:fs/promises'
import { expect } from 'chai'
import type { StoredUser } from '../../src/store/user-store.ts'
import { describeStores } from './stores.ts'

const user = (name: string, more: Partial<StoredUser> = {}): StoredUser => ({
  name,
  description: '',
  roles: ['Operator', 'Engineer'],
  isEnabled: true,
  isPermanent: false,
  isPasswordFixed: false,
  mustChangePassword: false,
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

/** A user who logs in with a certificate. */
function holder(name: string, certificate: string): StoredUser {
  const { password: _, ...rest } = user(name, { certificate })
  return rest
}

describeStores('users', (rig) => {
  it('keeps a user with the parameters of the password', async () => {
    await rig.store.users.save(user('ada'))
    await rig.reopen()
    expect(await rig.store.users.find('ada')).to.deep.equal(user('ada'))
    expect(await rig.store.users.find('Ada')).to.equal(undefined)
  })

  it('keeps a user with a certificate, and what is said of each', async () => {
    const bob = { ...holder('bob', 'ab12'), description: 'line 1', isPermanent: true }
    const eve = user('eve', { isPasswordFixed: true, mustChangePassword: true, isEnabled: false })
    await rig.store.users.save(bob)
    await rig.store.users.save(eve)
    await rig.reopen()
    expect(await rig.store.users.list()).to.deep.equal([bob, eve])
  })

  it('refuses a second user with the same certificate, and keeps the first', async () => {
    const { users } = rig.store
    await users.save(holder('bob', 'ab12'))
    const refusal = await users.save(holder('mallory', 'ab12')).catch((error: Error) => error)
    expect(refusal).to.be.instanceOf(Error)
    expect(await users.list()).to.deep.equal([holder('bob', 'ab12')])
  })

  it('is in a file that nobody else on the machine reads', async () => {
    await rig.store.users.save(user('ada'))
    for (const name of ['meta.db', 'meta.db-wal']) {
      const { mode } = await stat(rig.scratch.path(name))
      expect(mode & 0o777, name).to.equal(0o600)
    }
  })

  it('replaces a user of the same name', async () => {
    const { users } = rig.store
    await users.save(user('ada'))
    const password = { ...user('ada').password!, cost: 131_072 }
    const changed = user('ada', { isEnabled: false, roles: [], password })
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
