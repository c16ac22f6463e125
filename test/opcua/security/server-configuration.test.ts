import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { AttributeIds, DataType, MessageSecurityMode, UserTokenType, type Variant } from 'node-opcua'
import { readCertificate } from '../../../src/certificates/certificate.ts'
import { derPartsOf } from '../../../src/certificates/der.ts'
import { applicationUriOf } from '../../../src/certificates/names.ts'
import { TrustStore } from '../../../src/certificates/store.ts'
import { Pkcs10CertificateRequest } from '../../../src/certificates/x509.ts'
import type { Role } from '../../../src/model/role.ts'
import { keyPemOf, type Made, makeCertificate, makeRevocationList } from '../../kit/certificate-workshop.ts'
import { until } from '../../kit/demo-plant.ts'
import { type Bench, type Client, encrypted, startBench } from '../bench.ts'
import { type EventListener, listen, typeId } from '../event-listener.ts'
import { ConfigurationClient, standard, trustListFile } from './configuration-client.ts'

const serverAndClient = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']

describe('ServerConfiguration (Part 12 §7.10)', function () {
  this.timeout(60_000)
  let bench: Bench
  let store: TrustStore
  let admin: Client
  let client: ConfigurationClient
  let listener: EventListener

  const as = (role: Role) => ({ user: { type: UserTokenType.UserName, userName: role, password: role } as const })

  beforeEach(async () => {
    bench = await startBench({
      users: { check: async () => true, rolesOf: (name: string) => [name as Role] },
    })
    store = new TrustStore(join(bench.folder, 'server', 'own'), 'application')
    await bench.connect(encrypted).catch(() => undefined)
    const [own] = await store.list('rejected')
    await bench.server.trust(own?.certificate.thumbprint ?? '')
    admin = await bench.connect({ ...encrypted, ...as('SecurityAdmin') })
    client = new ConfigurationClient(admin.session)
    listener = await listen(admin, 'i=2253', { fields: ['TrustListId', 'ClientUserId', 'Status'], type: 'i=12561' })
  })
  afterEach(() => bench.stop())

  const namesOf = (list: readonly (Buffer | Uint8Array)[] | null) =>
    (list ?? []).map((der) => readCertificate(der).thumbprint).sort()
  const trusted = async () => (await store.list('trusted')).map(({ certificate }) => certificate.thumbprint).sort()
  const add = (made: Made, isTrusted = true) =>
    client.call(standard.trustList, 'AddCertificate', [
      [DataType.ByteString, made.der],
      [DataType.Boolean, isTrusted],
    ])
  const removeOf = (thumbprint: string, isTrusted = true) =>
    client.call(standard.trustList, 'RemoveCertificate', [
      [DataType.String, thumbprint],
      [DataType.Boolean, isTrusted],
    ])

  it('is for SecurityAdmins on encrypted channels only', async () => {
    const signed = await bench.connect({ mode: MessageSecurityMode.Sign, ...as('SecurityAdmin') })
    const open = await bench.connect(as('SecurityAdmin'))
    for (const insecure of [signed, open]) {
      const { status } = await new ConfigurationClient(insecure.session).call(standard.configuration, 'GetRejectedList')
      expect(status).to.equal('BadSecurityModeInsufficient')
    }
    for (const role of ['Observer', 'Operator', 'Engineer', 'ConfigureAdmin'] as const) {
      const other = new ConfigurationClient((await bench.connect({ ...encrypted, ...as(role) })).session)
      for (const [object, name, inputs] of [
        [standard.configuration, 'GetRejectedList', []],
        [standard.configuration, 'ApplyChanges', []],
        [standard.trustList, 'Open', [[DataType.Byte, 1]]],
        [standard.trustList, 'OpenWithMasks', [[DataType.UInt32, 15]]],
      ] as const) {
        expect((await other.call(object, name, inputs)).status, `${role} ${name}`).to.equal('BadUserAccessDenied')
      }
    }
    expect((await client.call(standard.configuration, 'GetRejectedList')).status).to.equal('Good')
  })

  it('describes what it has, and has nothing that does not work', async () => {
    const value = async (nodeId: string) =>
      (await admin.session.read({ nodeId, attributeId: AttributeIds.Value })).value.value
    expect(await value('i=25706')).to.equal(applicationUriOf())
    expect(await value('i=12639')).to.deep.equal(['PEM'])
    expect(String(await value('i=14161'))).to.include('i=12560')
    expect(await value('i=12646')).to.equal(0)
    for (const gone of ['i=14088', 'i=15892', 'i=25709', 'i=32336']) {
      const { statusCode } = await admin.session.read({ nodeId: gone, attributeId: AttributeIds.NodeId })
      expect(statusCode.name).to.equal('BadNodeIdUnknown')
    }
  })

  it('lists refused clients, and adds and removes trusted ones, at once and with an event', async () => {
    const made = await makeCertificate({ name: 'Panel' })
    await store.judge(made.chain, Date.now())
    const { outputs } = await client.call(standard.configuration, 'GetRejectedList')
    expect(namesOf(outputs[0] as Buffer[])).to.deep.equal([made.certificate.thumbprint])
    expect((await add(made)).status).to.equal('Good')
    expect((await store.judge(made.chain, Date.now())).status).to.equal('Good')
    const [added] = await listener.take(1)
    expect(String(added?.EventType)).to.equal(typeId('TrustListChangedAuditEventType'))
    expect(added).to.deep.include({ ClientUserId: 'SecurityAdmin', Status: true })
    expect(String(added?.TrustListId)).to.include(standard.trustList)
    expect((await removeOf(made.certificate.thumbprint.toUpperCase())).status).to.equal('Good')
    expect(await trusted()).not.to.include(made.certificate.thumbprint)
    expect((await removeOf(made.certificate.thumbprint)).status).to.equal('BadInvalidArgument')
    expect((await add(made, false)).status).to.equal('BadCertificateInvalid')
    const junk = { ...made, der: Buffer.from('junk') }
    expect((await add(junk)).status).to.equal('BadCertificateInvalid')
    expect((await listener.take(4)).map(({ Status }) => Status)).to.deep.equal([true, false, false, false])
  })

  it('reads the whole list in pieces, and the parts that masks ask for', async () => {
    const root = await makeCertificate({ name: 'Root', isAuthority: true })
    const other = await makeCertificate({ name: 'Other', isAuthority: true })
    await store.put('trusted', root.certificate)
    await store.put('issuers', other.certificate)
    const crl = join(store.folder, 'issuers/crl/root.crl')
    await (await import('node:fs/promises')).writeFile(crl, await makeRevocationList(root))
    const whole = await client.readTrustList()
    expect(namesOf(whole.trustedCertificates)).to.deep.equal(await trusted())
    expect(namesOf(whole.issuerCertificates)).to.deep.equal([other.certificate.thumbprint])
    expect([whole.specifiedLists, whole.issuerCrls?.length, whole.trustedCrls?.length]).to.deep.equal([15, 1, 0])
    const part = await client.readTrustList(4)
    expect([part.specifiedLists, part.trustedCertificates?.length, part.issuerCertificates?.length]).to.deep.equal([
      4, 0, 1,
    ])
  })

  it('replaces the lists that are written, and leaves the others and everything else as it was', async () => {
    const [own] = await trusted()
    const root = await makeCertificate({ name: 'Root', isAuthority: true })
    await store.put('issuers', root.certificate)
    const panel = await makeCertificate({ name: 'Panel' })
    const mine = (await store.list('trusted'))[0]?.certificate.raw ?? Buffer.alloc(0)
    const file = trustListFile({ specifiedLists: 1, trustedCertificates: [mine, panel.der] })
    expect(await client.writeTrustList(file)).to.deep.equal({ status: 'Good', outputs: [false] })
    expect(await trusted()).to.deep.equal([own, panel.certificate.thumbprint].sort())
    expect(await store.list('issuers')).to.have.length(1)
    const less = trustListFile({ specifiedLists: 5, trustedCertificates: [mine], issuerCertificates: [] })
    expect((await client.writeTrustList(less)).status).to.equal('Good')
    expect(await trusted()).to.deep.equal([own])
    expect(await store.list('issuers')).to.have.length(0)
    const broken = trustListFile({ specifiedLists: 1, trustedCertificates: [panel.der, Buffer.from('junk')] })
    expect((await client.writeTrustList(broken)).status).to.equal('BadCertificateInvalid')
    expect((await client.writeTrustList(file.subarray(0, 50))).status).to.equal('BadCertificateInvalid')
    expect((await client.writeTrustList(Buffer.concat([file, Buffer.from([0])]))).status).to.equal(
      'BadCertificateInvalid',
    )
    expect(await trusted()).to.deep.equal([own])
  })

  it('lets one client write and nobody else read or change meanwhile, and closes files of sessions that end', async () => {
    const second = new ConfigurationClient((await bench.connect({ ...encrypted, ...as('SecurityAdmin') })).session)
    const open = (who: ConfigurationClient, mode: number) =>
      who.call(standard.trustList, 'Open', [[DataType.Byte, mode]])
    const handle = (await open(second, 6)).outputs[0]
    expect((await open(client, 1)).status).to.equal('BadNotReadable')
    expect((await open(client, 6)).status).to.equal('BadNotWritable')
    expect((await open(client, 3)).status).to.equal('BadInvalidArgument')
    expect((await add(await makeCertificate())).status).to.equal('BadInvalidState')
    // A handle belongs to the session that has opened it.
    const foreign = await client.call(standard.trustList, 'Close', [[DataType.UInt32, handle]])
    expect(foreign.status).to.equal('BadInvalidArgument')
    await second.session.close()
    await until('the file is closed', async () => (await open(client, 1)).status === 'Good')
    expect((await open(client, 6)).status).to.equal('BadNotWritable')
  })

  it('bounds what is written', async () => {
    const big = Buffer.alloc(300_000)
    expect((await client.writeTrustList(Buffer.concat([big, big, big, big]), 200_000)).status).to.equal(
      'BadEncodingLimitsExceeded',
    )
  })

  describe('the own certificate', () => {
    const own = async () => {
      const [der] = derPartsOf(await readFile(bench.server.certificateFile))
      return readCertificate(der ?? new Uint8Array())
    }
    const request = (isNewKey: boolean, nonce = randomBytes(32), subject = '') =>
      client.call(standard.configuration, 'CreateSigningRequest', [
        [DataType.NodeId, standard.group],
        [DataType.NodeId, 'i=12560'],
        [DataType.String, subject],
        [DataType.Boolean, isNewKey],
        [DataType.ByteString, nonce],
      ])
    const update = (der: Buffer, issuers: readonly Buffer[], format = '', key: Buffer | null = null) =>
      client.call(standard.configuration, 'UpdateCertificate', [
        [DataType.NodeId, standard.group],
        [DataType.NodeId, 'i=12560'],
        [DataType.ByteString, der],
        [DataType.ByteString, issuers, true],
        [DataType.String, format],
        [DataType.ByteString, key],
      ])
    const sign = async (asked: Pkcs10CertificateRequest, issuer: Made, uri = applicationUriOf(), more = {}) => {
      const keys = { publicKey: await asked.publicKey.export(), privateKey: issuer.keys.privateKey }
      return makeCertificate({ name: 'Millrace', issuer, uri, keys, extended: serverAndClient, ...more })
    }

    for (const isNewKey of [false, true]) {
      it(`is signed by an authority, brought, and used after ApplyChanges, with ${isNewKey ? 'another' : 'the same'} key`, async () => {
        const changes = await listen(admin, 'i=2253', { type: 'i=12620' })
        const before = await own()
        const root = await makeCertificate({ name: 'Authority', isAuthority: true })
        const { outputs } = await request(isNewKey, randomBytes(32), 'CN=Line 7, O=Acme')
        const asked = new Pkcs10CertificateRequest(outputs[0] as Buffer)
        expect(await asked.verify()).to.equal(true)
        expect(asked.subject).to.equal('CN=Line 7, O=Acme')
        const made = await sign(asked, root)
        expect(await update(made.der, [root.der])).to.deep.equal({ status: 'Good', outputs: [true] })
        expect((await own()).thumbprint).to.equal(before.thumbprint)
        expect((await client.call(standard.configuration, 'ApplyChanges')).status).to.equal('Good')
        expect((await own()).thumbprint).to.equal(made.certificate.thumbprint)
        const events = await changes.take(2)
        expect(events.map(({ EventType }) => String(EventType))).to.deep.equal(
          Array(2).fill(typeId('OwnCertificateChangedAuditEventType')),
        )
        // Channels that have the old certificate end; a new one sees the new certificate.
        const fresh = await bench.connect({ ...encrypted, ...as('SecurityAdmin') })
        expect((await fresh.read('dev/plc1.DeviceId')).statusCode.name).to.be.oneOf(['Good', 'BadUserAccessDenied'])
      })
    }

    it('comes with its key too, when an authority has made both', async () => {
      const root = await makeCertificate({ name: 'Authority', isAuthority: true })
      const made = await makeCertificate({ issuer: root, uri: applicationUriOf(), extended: serverAndClient })
      const key = Buffer.from(await keyPemOf(made))
      const calls = await listen(admin, 'i=2253', { fields: ['InputArguments'], type: 'i=2127' })
      expect((await update(made.der, [root.der], 'PFX', key)).status).to.equal('BadNotSupported')
      expect((await update(made.der, [root.der], 'PEM', key)).status).to.equal('Good')
      // The audit tells of the call, and not of the key.
      const told = (await calls.take(4)).map(({ InputArguments }) => InputArguments as Variant[])
      expect(told.map((inputs) => inputs.length)).to.deep.equal([6, 6, 6, 6])
      expect(told.flat().filter(({ value }) => Buffer.isBuffer(value) && value.equals(key))).to.deep.equal([])
      expect((await client.call(standard.configuration, 'ApplyChanges')).status).to.equal('Good')
      expect((await own()).thumbprint).to.equal(made.certificate.thumbprint)
    })

    it('stays as it is, when what is brought cannot be used, or is taken back', async () => {
      const before = (await own()).thumbprint
      const root = await makeCertificate({ name: 'Authority', isAuthority: true })
      const asked = new Pkcs10CertificateRequest((await request(false)).outputs[0] as Buffer)
      const stranger = await makeCertificate({ issuer: root, uri: applicationUriOf(), extended: serverAndClient })
      expect((await update(stranger.der, [root.der])).status).to.equal('BadSecurityChecksFailed')
      expect((await update(Buffer.from('junk'), [])).status).to.equal('BadCertificateInvalid')
      const other = await sign(asked, root, 'urn:other')
      expect((await update(other.der, [root.der])).status).to.equal('BadCertificateUriInvalid')
      const late = await sign(asked, root, applicationUriOf(), { toDays: -0.5 })
      expect((await update(late.der, [root.der])).status).to.equal('BadCertificateTimeInvalid')
      const clientOnly = await sign(asked, root, applicationUriOf(), { extended: ['1.3.6.1.5.5.7.3.2'] })
      expect((await update(clientOnly.der, [root.der])).status).to.equal('BadCertificateUseNotAllowed')
      expect((await request(true, randomBytes(8))).status).to.equal('BadInvalidArgument')
      expect((await request(false, randomBytes(32), 'nonsense')).status).to.equal('BadInvalidArgument')
      const good = await sign(asked, root)
      expect((await update(good.der, [root.der])).status).to.equal('Good')
      expect((await client.call(standard.configuration, 'CancelChanges')).status).to.equal('Good')
      expect((await client.call(standard.configuration, 'ApplyChanges')).status).to.equal('BadNothingToDo')
      expect((await own()).thumbprint).to.equal(before)
    })
  })
})
