import { join } from 'node:path'
import { expect } from 'chai'
import { DataType, OPCUACertificateManager, UserNameIdentityToken, UserTokenType } from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import {
  login,
  startUserPlant,
  type UserCertificate,
  type UserPlant,
  userCertificate,
  withUsers,
} from '../kit/user-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { plantFile, scaling } from './change-plants.ts'

const files = { 'plant.yaml': plantFile.replace('operate', 'observe'), 'pipelines/scale.yaml': scaling() }
const password = 'correct horse'

/** Why a login was refused; undefined when it was not. */
async function refusalOf(asked: Promise<Client>): Promise<string | undefined> {
  try {
    await (await asked).close()
    return undefined
  } catch (error) {
    return /Bad\w+/.exec(String(error))?.[0] ?? String(error)
  }
}

describe('logins of a plant', function () {
  this.timeout(120_000)
  let plant: UserPlant
  let ada: UserCertificate
  let stranger: UserCertificate

  before(async () => {
    // The name in a certificate is what its owner wants it to be.
    ada = await userCertificate('admin')
    stranger = await userCertificate('ada')
    plant = await startUserPlant(files, [
      { name: 'admin', password, roles: ['SecurityAdmin', 'ConfigureAdmin'] },
      { name: 'operator', password, roles: ['Operator'] },
      { name: 'disabled', password, roles: ['Operator'], isEnabled: false },
      { name: 'new', password, roles: ['Operator'], mustChangePassword: true },
      { name: 'ada', certificate: ada.thumbprint, roles: ['Engineer'] },
    ])
    await trustUser(ada)
  })
  after(() => plant.stop())

  /** Puts a certificate where those of trusted users lie, as an administrator does. */
  async function trustUser({ certificate }: UserCertificate): Promise<void> {
    await plant.stopAnd(async () => {
      const store = new OPCUACertificateManager({
        rootFolder: join(plant.certificatesFolder, 'users'),
        disableFileWatchers: true,
      })
      await store.initialize()
      await store.trustCertificate(certificate)
      await store.dispose()
    })
  }

  const start = (client: Client) =>
    client.session.call({ objectId: client.id('pipe/scale'), methodId: client.id('pipe/scale.Start') })

  it('let a user in with the roles of that user, who is named in what is done', async () => {
    const client = await plant.connectAs({ user: login('operator') })
    expect((await start(client)).statusCode.name).to.be.oneOf(['Good', 'BadInvalidState'])
    await until('it is logged in the trail', async () =>
      (await trail()).some((text) => /^operator login 0 /.test(text)),
    )
    await client.close()
    const nobody = await plant.connectAs({})
    expect((await start(nobody)).statusCode.name).to.equal('BadUserAccessDenied')
  })

  it('let the owner of a trusted certificate in under the name in the directory, whatever the certificate says', async () => {
    const client = await plant.connectAs({ user: ada.identity })
    const halt = { objectId: client.id('dev/servo1'), methodId: client.id('dev/servo1.Connect') }
    expect((await client.session.call(halt)).statusCode.name).not.to.equal('BadUserAccessDenied')
    // The administrator of that name may change definitions; this one may not.
    const remove = {
      ...{ objectId: client.id('runtime'), methodId: client.id('runtime.Remove') },
      inputArguments: ['scale', 'not needed'].map((value) => ({ dataType: DataType.String, value })),
    }
    expect((await client.session.call(remove)).statusCode.name).to.equal('BadUserAccessDenied')
    await client.close()
    await until('it is kept', async () => (await trail()).some((text) => /^ada login 0 /.test(text)))
  })

  it('answer every kind of failure with one status, after a hash at least', async () => {
    const encrypt = UserNameIdentityToken.prototype.encode
    const garbled = async (user: string): Promise<string | undefined> => {
      UserNameIdentityToken.prototype.encode = function (stream) {
        if (this.userName === user) this.password = Buffer.alloc(this.password.length, 7)
        encrypt.call(this, stream)
      }
      try {
        return await refusalOf(plant.connectAs({ user: login(user) }))
      } finally {
        UserNameIdentityToken.prototype.encode = encrypt
      }
    }
    const kinds: Readonly<Record<string, () => Promise<string | undefined>>> = {
      'wrong password': () => refusalOf(plant.connectAs({ user: login('operator', 'wrong horse') })),
      'unknown user': () => refusalOf(plant.connectAs({ user: login(`x${Math.random()}`) })),
      'disabled user': () => refusalOf(plant.connectAs({ user: login('disabled') })),
      'user of a certificate': () => refusalOf(plant.connectAs({ user: login('ada') })),
      'unreadable password': () => garbled(`y${Math.random()}`),
      'untrusted certificate': () => refusalOf(plant.connectAs({ user: stranger.identity })),
    }
    const fastest = new Map<string, number>()
    for (const [kind, attempt] of Object.entries(kinds)) {
      for (let count = 0; count < 2; count += 1) {
        const before = performance.now()
        expect(await attempt(), kind).to.equal('BadUserAccessDenied')
        fastest.set(kind, Math.min(fastest.get(kind) ?? Number.POSITIVE_INFINITY, performance.now() - before))
      }
    }
    const success = performance.now()
    await (await plant.connectAs({})).close()
    const withoutHash = performance.now() - success
    const hash = fastest.get('wrong password')! - withoutHash
    for (const [kind, ms] of fastest) expect(ms, kind).to.be.greaterThan(withoutHash + hash / 4)
  })

  it('trust no certificate that was not trusted by an administrator, also when it is somebody’s', async () => {
    expect(await refusalOf(plant.connectAs({ user: stranger.identity }))).to.equal('BadUserAccessDenied')
    await plant.stopAnd(() =>
      withUsers(plant.data, (users) => users.add({ name: 'eve', certificate: stranger.thumbprint })),
    )
    expect(await refusalOf(plant.connectAs({ user: stranger.identity }))).to.equal('BadUserAccessDenied')
    await trustUser(stranger)
    expect(await refusalOf(plant.connectAs({ user: stranger.identity }))).to.equal(undefined)
  })

  it('let whoever has to change the password do as much as a client without a login', async () => {
    const client = await plant.connectAs({ user: login('new') })
    expect((await start(client)).statusCode.name).to.equal('BadUserAccessDenied')
    expect((await client.read('pipe/scale.PipelineId')).statusCode.name).to.equal('Good')
  })

  it('close a channel after ten failures in a row', async () => {
    const { session, close } = await plant.connectAs({ user: login('operator') })
    const guess = async (count: number): Promise<string> => (await session.changeUser(login(`guess${count}`))).name
    for (let count = 0; count < 9; count += 1) expect(await guess(count)).to.equal('BadUserAccessDenied')
    expect((await session.changeUser(login('operator'))).name).to.equal('Good')
    for (let count = 0; count < 10; count += 1) expect(await guess(count)).to.equal('BadUserAccessDenied')
    const channel = session as unknown as { isChannelValid(): boolean }
    await until('the channel is closed', () => !channel.isChannelValid())
    await close()
  })

  it('let the administrator in at once on this machine, while others guess the password there', async () => {
    const guessing = Array.from({ length: 6 }, () => refusalOf(plant.connectAs({ user: login('admin', 'guess work') })))
    const client = await plant.connectAs({ user: login('admin') })
    expect((await client.read('pipe/scale.PipelineId')).statusCode.name).to.equal('Good')
    expect(new Set(await Promise.all(guessing))).to.deep.equal(new Set(['BadUserAccessDenied']))
  })

  it('tell neither the trail nor the log a password', async () => {
    await refusalOf(plant.connectAs({ user: login('operator', 'very secret guess') }))
    await until('the failure is kept', async () =>
      (await trail()).some((text) => /^operator login 2149515264 /.test(text)),
    )
    const everything = [...(await trail()), ...plant.lines].join('\n')
    expect(everything).not.to.match(/very secret|correct horse/)
  })

  async function trail(): Promise<readonly string[]> {
    const { openForReading } = await import('../../src/store/open-for-reading.ts')
    const store = await openForReading(join(plant.data, 'meta.db'), { what: 'audit', onDamage: () => undefined })
    const { entries } = await store.audit.read({ limit: 1000 }).finally(() => store.close())
    return entries.map(({ user, action, status, details }) => `${user} ${action} ${status} ${JSON.stringify(details)}`)
  }
})

describe('the first start of a plant', function () {
  this.timeout(60_000)

  it('makes one administrator, whose secret no log has, and never another one', async () => {
    const plant = await startUserPlant(files, [])
    try {
      const { user, password: secret } = plant.plant.firstLogin!
      expect(user).to.equal('admin')
      await (
        await plant.connectAs({ user: { type: UserTokenType.UserName, userName: user, password: secret } })
      ).close()
      expect(plant.lines.join('\n')).not.to.include(secret)
      await plant.restart()
      expect(plant.plant.firstLogin).to.equal(undefined)
      await (
        await plant.connectAs({ user: { type: UserTokenType.UserName, userName: user, password: secret } })
      ).close()
    } finally {
      await plant.stop()
    }
  })
})
