import { expect } from 'chai'
import { systemClock } from '../../src/model/clock.ts'
import { isMillraceError } from '../../src/model/errors.ts'
import { Users } from '../../src/users/users.ts'
import { describeStores } from '../store/stores.ts'

const password = 'correct horse'
const thumbprint = 'ab'.repeat(20)

/** The code with which something is refused; undefined when it is not. */
async function codeOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked
    return undefined
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error)
  }
}

describeStores('the users of a plant', (rig) => {
  let users: Users
  const reopened = async (): Promise<Users> => {
    await rig.reopen()
    return Users.open(rig.store.users, systemClock)
  }

  beforeEach(async () => {
    users = await Users.open(rig.store.users, systemClock)
  })

  it('are recognized by their password, and by nothing when it is wrong or they are disabled', async () => {
    await users.add({ name: 'ada', password, roles: ['Operator', 'Observer'] })
    users = await reopened()
    expect(await users.check('ada', password)).to.equal(true)
    expect(users.rolesOf('ada')).to.deep.equal(['Observer', 'Operator'])
    expect(await users.check('ada', 'correct Horse')).to.equal(false)
    expect(await users.check('eve', password)).to.equal(false)
    await users.change('ada', { isEnabled: false })
    expect(await users.check('ada', password)).to.equal(false)
    expect(users.rolesOf('ada')).to.deep.equal([])
  })

  it('are recognized by their certificate, one user each', async () => {
    await users.add({ name: 'ada', certificate: thumbprint, roles: ['Engineer'] })
    expect(users.userOfCertificate(thumbprint)).to.equal('ada')
    expect(await users.check('ada', '')).to.equal(false)
    expect(await codeOf(users.add({ name: 'bob', certificate: thumbprint }))).to.equal('user-exists')
    expect(await codeOf(users.change('ada', { password }))).to.equal('user-invalid')
    await users.change('ada', { isEnabled: false })
    expect(users.userOfCertificate(thumbprint)).to.equal(undefined)
  })

  it('have no roles until they change a password that they have to change', async () => {
    await users.add({ name: 'ada', password, roles: ['Engineer'], mustChangePassword: true })
    expect(users.rolesOf('ada')).to.deep.equal([])
    expect(await codeOf(users.changeOwnPassword('ada', 'wrong one', 'another horse'))).to.equal('password-wrong')
    expect(await codeOf(users.changeOwnPassword('ada', password, password))).to.equal('user-invalid')
    await users.changeOwnPassword('ada', password, 'another horse')
    expect(users.rolesOf('ada')).to.deep.equal(['Engineer'])
    expect(await users.check('ada', 'another horse')).to.equal(true)
    await users.change('ada', { isPasswordFixed: true })
    expect(await codeOf(users.changeOwnPassword('ada', 'another horse', password))).to.equal('user-protected')
  })

  it('are refused with a reason, and nothing of them is kept', async () => {
    const wrong = [
      { name: '', password },
      { name: 'anonymous', password },
      { name: 'Auto', password },
      { name: 'job:4711', password },
      { name: 'a\nb', password },
      { name: 'x'.repeat(65), password },
      { name: 'ada', password: 'short' },
      { name: 'correct-horse', password: 'Correct-Horse' },
      { name: 'ada', password: 'x'.repeat(129) },
      { name: 'ada', password: 'with a\tcontrol' },
      { name: 'ada', password, roles: ['Root'] },
      { name: 'ada' },
      { name: 'ada', password, certificate: thumbprint },
      { name: 'ada', certificate: 'AB' },
    ]
    for (const user of wrong) expect(await codeOf(users.add(user)), JSON.stringify(user)).to.equal('user-invalid')
    expect(users.all).to.deep.equal([])
    expect(await rig.store.users.list()).to.deep.equal([])
  })

  it('keep one enabled SecurityAdmin, whatever is asked', async () => {
    await users.add({ name: 'ada', password, roles: ['SecurityAdmin'] })
    await users.add({ name: 'bob', password, roles: ['SecurityAdmin'], isEnabled: false })
    const asked = [
      () => users.remove('ada'),
      () => users.change('ada', { isEnabled: false }),
      () => users.changeRoles('ada', { removed: ['SecurityAdmin'] }),
      () => users.change('ada', { roles: ['Observer'] }),
    ]
    for (const ask of asked) expect(await codeOf(ask())).to.equal('user-protected')
    await users.change('bob', { isEnabled: true })
    const both = await Promise.all([codeOf(users.remove('ada')), codeOf(users.remove('bob'))])
    expect(both.sort()).to.deep.equal(['user-protected', undefined])
    expect((await reopened()).all).to.have.length(1)
  })

  it('tell who was changed, and whether that one may do less since', async () => {
    const told: [string, boolean][] = []
    const forget = users.onChange((name, isRestricted) => told.push([name, isRestricted]))
    await users.add({ name: 'ada', password, roles: ['Operator'] })
    await users.changeRoles('ada', { added: ['Engineer'] })
    await users.changeRoles('ada', { removed: ['Operator'] })
    await users.change('ada', { description: 'night shift' })
    await users.change('ada', { password: 'another horse' })
    await users.changeOwnPassword('ada', 'another horse', password)
    await users.remove('ada')
    forget()
    await users.add({ name: 'bob', password })
    expect(told.map(([, isRestricted]) => isRestricted)).to.deep.equal([false, false, true, false, true, false, true])
  })

  it('are added once when two ask at the same time', async () => {
    const asked = await Promise.all([1, 2].map(() => codeOf(users.add({ name: 'ada', password }))))
    expect(asked.sort()).to.deep.equal(['user-exists', undefined])
  })

  it('stay as they were when the database refuses', async () => {
    await users.add({ name: 'ada', password, roles: ['Operator'] })
    await rig.store.close()
    expect(await codeOf(users.changeRoles('ada', { added: ['Engineer'] }))).to.match(/^database-/)
    expect(users.rolesOf('ada')).to.deep.equal(['Operator'])
    await rig.reopen()
  })

  it('begin with one administrator, whose secret is told once', async () => {
    const first = (await users.createFirst())!
    expect(first.user).to.equal('admin')
    expect(await users.check('admin', first.password)).to.equal(true)
    expect(users.rolesOf('admin')).to.deep.equal(['ConfigureAdmin', 'SecurityAdmin'])
    expect(await users.createFirst()).to.equal(undefined)
    users = await reopened()
    expect(await users.createFirst()).to.equal(undefined)
    expect(await users.check('admin', first.password)).to.equal(true)
  })

  it('get a hash of today when they log in with an old one', async () => {
    // RFC 7914 §12: scrypt of `password` with N 1024, r 8, p 16.
    const kept = {
      ...{ salt: Buffer.from('NaCl'), cost: 1024, blockSize: 8, parallelization: 16 },
      hash: Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex'),
    }
    await users.add({ name: 'ada', password })
    await rig.store.users.save({ ...(await rig.store.users.find('ada'))!, password: kept })
    users = await reopened()
    expect(await users.check('ada', 'password')).to.equal(true)
    const end = performance.now() + 10_000
    while ((await rig.store.users.find('ada'))?.password?.cost !== 65_536) {
      if (performance.now() > end) throw new Error('the hash is still the old one')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await users.check('ada', 'password')).to.equal(true)
  })

  it('are written again when the database was replaced', async () => {
    await users.add({ name: 'ada', password, roles: ['Operator'] })
    await rig.store.users.remove('ada')
    await users.keepAgain()
    expect((await reopened()).rolesOf('ada')).to.deep.equal(['Operator'])
  })
})
