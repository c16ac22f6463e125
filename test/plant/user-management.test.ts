import { join } from 'node:path'
import { expect } from 'chai'
import { IdentityCriteriaType } from 'node-opcua-types'
import { openForReading } from '../../src/store/open-for-reading.ts'
import { administered, administrator } from '../kit/administrator.ts'
import { until } from '../kit/demo-plant.ts'
import { login, password, startUserPlant, type UserPlant, userCertificate } from '../kit/user-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type EventListener, listen, typeId } from '../opcua/event-listener.ts'
import { plantFile, scaling } from './change-plants.ts'

const files = { 'plant.yaml': plantFile.replace('operate', 'observe'), 'pipelines/scale.yaml': scaling() }
const others = ['admin 0', 'configurer 0', 'operator 0', 'supervisor 0']
const flag = { noDelete: 1, disabled: 2, noChangeByUser: 4, mustChangePassword: 8 }

describe('users over OPC UA (Part 18)', function () {
  this.timeout(120_000)
  let plant: UserPlant
  let client: Client
  let admin: ReturnType<typeof administrator>
  let events: EventListener

  before(async () => {
    plant = await startUserPlant(files, [
      { name: 'admin', password, roles: ['SecurityAdmin', 'ConfigureAdmin'] },
      { name: 'operator', password, roles: ['Operator'] },
      { name: 'supervisor', password, roles: ['Supervisor'] },
      { name: 'configurer', password, roles: ['ConfigureAdmin'] },
    ])
    client = await plant.secure(login('admin'))
    admin = administrator(client)
    const fields = [
      'ClientUserId',
      'Status',
      'SourceNode',
      'InputArguments',
      'UserIdentityToken',
      'MethodId',
      'SessionId',
    ]
    events = await listen(client, 'i=2253', {
      fields: [...fields, 'StatusCodeId', 'CurrentRoleIds'],
      type: 'AuditEventType',
    })
  })
  after(() => plant.stop())

  const start = (who: Client) =>
    who.session.call({ objectId: who.id('pipe/scale'), methodId: who.id('pipe/scale.Start') })

  it('says how long passwords are and which flags there are', async () => {
    const [length, options] = await client.session.read([
      { nodeId: 'i=24302', attributeId: 13 },
      { nodeId: 'i=24303', attributeId: 13 },
    ])
    expect(length?.value.value).to.include({ low: 8, high: 128 })
    expect(options?.value.value).to.equal(31)
  })

  it('adds, changes and removes users, and refuses with the statuses of the specification', async () => {
    expect(await admin.addUser('ada', password, flag.disabled, 'night shift')).to.equal('Good')
    expect(await admin.users()).to.include('ada 2 night shift')
    const refusals = [
      await admin.addUser('ada', password),
      await admin.addUser('bob', 'short'),
      await admin.addUser('', password),
      await admin.addUser('bob', password, 16),
      await admin.addUser('bob', password, flag.noChangeByUser | flag.mustChangePassword),
      await admin.modifyUser('nobody', { description: 'x' }),
      await admin.modifyUser('ada', { password: 'short' }),
      await admin.modifyUser('admin', { configuration: flag.disabled }),
      await admin.removeUser('admin'),
      await admin.removeUser('nobody'),
    ]
    expect(refusals).to.deep.equal([
      ...['BadAlreadyExists', 'BadOutOfRange', 'BadOutOfRange', 'BadNotSupported', 'BadConfigurationError'],
      ...['BadNotFound', 'BadOutOfRange', 'BadInvalidSelfReference', 'BadInvalidSelfReference', 'BadNotFound'],
    ])
    expect(await admin.modifyUser('ada', { configuration: flag.noDelete, description: 'day shift' })).to.equal('Good')
    expect(await admin.users()).to.deep.equal(['ada 1 day shift', ...others])
    expect(await admin.removeUser('ada')).to.equal('BadNotSupported')
    expect(await admin.modifyUser('ada', { configuration: 0 })).to.equal('Good')
    expect(await admin.removeUser('ada')).to.equal('Good')
    expect(await admin.users()).to.deep.equal(others)
  })

  it('keeps what was changed, also when the program ends', async () => {
    expect(await admin.addUser('kept', password)).to.equal('Good')
    expect(await admin.addRole('Engineer', 'kept')).to.equal('Good')
    await plant.restart()
    client = await plant.secure(login('admin'))
    admin = administrator(client)
    expect(await admin.holders('Engineer')).to.deep.equal(['UserName:kept'])
    expect(await admin.removeUser('kept')).to.equal('Good')
    const fields = [
      'ClientUserId',
      'Status',
      'SourceNode',
      'InputArguments',
      'UserIdentityToken',
      'MethodId',
      'SessionId',
    ]
    events = await listen(client, 'i=2253', {
      fields: [...fields, 'StatusCodeId', 'CurrentRoleIds'],
      type: 'AuditEventType',
    })
  })

  it('gives and takes roles, which is in effect at once for whoever is logged in', async () => {
    const operator = await plant.connectAs({ user: login('operator') })
    expect(await admin.holders('Operator')).to.deep.equal(['UserName:operator'])
    const connect = { objectId: operator.id('dev/servo1'), methodId: operator.id('dev/servo1.Connect') }
    expect((await operator.session.call(connect)).statusCode.name).to.equal('BadUserAccessDenied')
    expect(await admin.addRole('Engineer', 'operator')).to.equal('Good')
    expect((await operator.session.call(connect)).statusCode.name).not.to.equal('BadUserAccessDenied')
    expect(await admin.addRole('Engineer', 'operator')).to.equal('BadAlreadyExists')
    expect(await admin.removeRole('Engineer', 'operator')).to.equal('Good')
    // What it had subscribed to would go on, so the session is ended; a client may open another one by itself.
    await until('the session is ended', async () => {
      const heard = await events.rest(50)
      return heard.some(({ EventType, ClientUserId, SourceName }) => {
        const isEnd = String(EventType) === typeId('SessionEndAuditEventType')
        return isEnd && ClientUserId === 'operator' && SourceName === 'Session/Terminated'
      })
    })
    const again = await plant.connectAs({ user: login('operator') })
    expect((await again.session.call(connect)).statusCode.name).to.equal('BadUserAccessDenied')
    expect((await start(again)).statusCode.name).not.to.equal('BadUserAccessDenied')
  })

  it('refuses rules that name nobody, are of another kind, or would lock everybody out', async () => {
    const refusals = [
      await admin.addRole('Engineer', 'nobody'),
      await admin.removeRole('Engineer', 'operator'),
      await admin.addRole('Engineer', '', IdentityCriteriaType.Anonymous),
      await admin.addRole('Engineer', 'AB', IdentityCriteriaType.Thumbprint),
      await admin.removeRole('SecurityAdmin', 'admin'),
    ]
    expect(refusals).to.deep.equal([
      ...['BadRequestNotAllowed', 'BadNotFound', 'BadNotSupported', 'BadRequestNotAllowed', 'BadRequestNotAllowed'],
    ])
    expect(await admin.holders('Anonymous')).to.deep.equal(['Anonymous:'])
    expect(await admin.holders('AuthenticatedUser')).to.deep.equal(['AuthenticatedUser:'])
  })

  it('adds a user with a certificate, who gets roles by its thumbprint', async () => {
    const { certificate, identity, thumbprint } = await userCertificate('Ada Lovelace')
    expect(await admin.addCertificateUser('lovelace', Buffer.from('no certificate'))).to.equal('BadCertificateInvalid')
    expect(await admin.addCertificateUser('lovelace', certificate)).to.equal('Good')
    expect(await admin.addRole('Operator', thumbprint.toUpperCase(), IdentityCriteriaType.Thumbprint)).to.equal('Good')
    expect(await admin.holders('Operator')).to.include(`Thumbprint:${thumbprint.toUpperCase()}`)
    const ada = await plant.secure(identity)
    expect((await start(ada)).statusCode.name).not.to.equal('BadUserAccessDenied')
    expect(await administrator(ada).changePassword('', 'another horse')).to.equal('BadInvalidState')
    expect(await admin.removeUser('lovelace')).to.equal('Good')
    const refused = await plant.secure(identity).catch((error: Error) => error.message)
    expect(refused).to.match(/BadUserAccessDenied/)
  })

  it('lets whoever has to change the password do that, and act from then on', async () => {
    expect(await admin.addUser('new', password, flag.mustChangePassword)).to.equal('Good')
    expect(await admin.addRole('Operator', 'new')).to.equal('Good')
    const user = await plant.secure(login('new'))
    expect((await start(user)).statusCode.name).to.equal('BadUserAccessDenied')
    const { changePassword } = administrator(user)
    expect(await changePassword('wrong one', 'another horse')).to.equal('BadIdentityTokenInvalid')
    expect(await changePassword(password, password)).to.equal('BadOutOfRange')
    expect(await changePassword(password, 'another horse')).to.equal('Good')
    expect((await start(user)).statusCode.name).not.to.equal('BadUserAccessDenied')
    await user.close()
    await (await plant.secure(login('new', 'another horse'))).close()
    expect(await admin.removeUser('new')).to.equal('Good')
  })

  it('is for a SecurityAdmin on an encrypted channel, and for nobody else', async () => {
    const plain = administrator(await plant.connectAs({ user: login('admin') }))
    expect(await plain.addUser('eve', password)).to.equal('BadSecurityModeInsufficient')
    expect(await plain.users()).to.deep.equal(['BadSecurityModeInsufficient'])
    expect(await plain.changePassword(password, 'another horse')).to.equal('BadSecurityModeInsufficient')
    for (const name of ['operator', 'supervisor', 'configurer']) {
      const client = await plant.secure(login(name))
      const other = administrator(client)
      expect(await other.addUser('eve', password), name).to.equal('BadUserAccessDenied')
      expect(await other.removeUser('admin'), name).to.equal('BadUserAccessDenied')
      expect(await other.addRole('SecurityAdmin', name), name).to.equal('BadUserAccessDenied')
      expect(await other.users(), name).to.deep.equal(['BadUserAccessDenied'])
      expect(await other.holders('Operator'), name).to.deep.equal(['BadUserAccessDenied'])
      await client.close()
    }
    expect(await admin.users()).not.to.include('eve 0')
    expect(await admin.holders('SecurityAdmin')).to.deep.equal(['UserName:admin'])
  })

  it('audits logins, refused ones, changes of users and of roles, without any password', async () => {
    await events.rest(300)
    const user = await plant.secure(login('operator'))
    await plant.secure(login('operator', 'secret guess')).catch(() => undefined)
    await user.close()
    expect(await admin.addUser('audited', 'secret words')).to.equal('Good')
    expect(await admin.addRole('Observer', 'audited')).to.equal('Good')
    expect(await admin.modifyUser('audited', { password: 'secret again' })).to.equal('Good')
    expect(await admin.removeUser('audited')).to.equal('Good')
    let heard: readonly Record<string, unknown>[] = []
    await until('all events came', async () => {
      heard = [...heard, ...(await events.rest(100))]
      return heard.some(({ Message }) => /RemoveUser/.test(String((Message as { text: string }).text)))
    })
    const told = heard.map((event) => {
      const { EventType, ClientUserId, Status } = event
      return `${EventType} ${ClientUserId} ${Status}`
    })
    const [activate, end, call, role] = (
      [
        'SessionActivateAuditEventType',
        'SessionEndAuditEventType',
        'MethodCallAuditEventType',
        'RoleMappingAuditEventType',
      ] as const
    ).map(typeId)
    expect(told).to.include.members([
      `${activate} operator true`,
      `${activate} operator false`,
      `${end} operator true`,
      `${call} admin true`,
      `${role} admin true`,
    ])
    const login1 = heard.find(({ EventType, Status }) => String(EventType) === activate && Status === true)!
    expect(String(login1.CurrentRoleIds)).to.include('15680')
    expect((login1.UserIdentityToken as { userName: string }).userName).to.equal('operator')
    const added = heard.find(({ MethodId }) => String(MethodId).includes(administered.AddUser.slice(2)))!
    expect((added.InputArguments as { value: unknown }[]).map(({ value }) => value)).to.deep.equal([
      'audited',
      '',
      0,
      '',
    ])
    expect(JSON.stringify(heard)).not.to.match(/secret (guess|words|again)/)
    const kept = await trail()
    expect(kept.some((line) => /^admin user audited 0 .*"method":"AddUser"/.test(line))).to.equal(true)
    expect(kept.some((line) => /^admin role Observer 0 .*"method":"AddIdentity".*audited/.test(line))).to.equal(true)
    expect(kept.join('\n') + plant.lines.join('\n')).not.to.match(/secret (guess|words|again)|correct horse/)
  })

  it('audits calls that the role or the channel does not allow', async () => {
    await events.rest(300)
    await administrator(await plant.secure(login('operator'))).addUser('eve', 'secret words')
    let told: readonly string[] = []
    await until('the refused call is told', async () => {
      told = [
        ...told,
        ...(await events.rest(50)).map(
          ({ ClientUserId, Status, StatusCodeId }) => `${ClientUserId} ${Status} ${StatusCodeId}`,
        ),
      ]
      return told.some((line) => /^operator false BadUserAccessDenied/.test(line))
    })
  })

  async function trail(): Promise<readonly string[]> {
    const store = await openForReading(join(plant.data, 'meta.db'), { what: 'audit', onDamage: () => undefined })
    const { entries } = await store.audit.read({ limit: 1000 }).finally(() => store.close())
    return entries.map(
      ({ user, action, target, status, details }) => `${user} ${action} ${target} ${status} ${JSON.stringify(details)}`,
    )
  }
})
