import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { pemOf } from '../../src/certificates/der.ts'
import { applicationUriOf } from '../../src/certificates/names.ts'
import { TrustStore } from '../../src/certificates/store.ts'
import { Pkcs10CertificateRequest } from '../../src/certificates/x509.ts'
import { type Made, makeCertificate, makeRevocationList, workshopFolder } from '../kit/certificate-workshop.ts'
import { recorded } from './recorded-terminal.ts'

describe('millrace cert', function () {
  this.timeout(30_000)
  let folder: string
  let removeFolder: () => Promise<void>
  let store: TrustStore
  let client: Made

  beforeEach(async () => {
    const workshop = await workshopFolder()
    ;({ folder, remove: removeFolder } = workshop)
    store = new TrustStore(join(folder, 'own'), 'application')
    await store.prepare()
    client = await makeCertificate({ name: 'UaExpert@desk' })
    await store.judge(client.chain, Date.now())
  })
  afterEach(() => removeFolder())

  const cert = (...args: string[]) => recorded(['cert', ...args], { MILLRACE_CERTIFICATES: folder })
  const listed = async (): Promise<Record<string, string>[]> => JSON.parse((await cert('list', '--json')).out)
  const status = async (made = client) => (await store.judge(made.chain, Date.now())).status

  it('lists a refused client, and trusts it by the beginning of its thumbprint', async () => {
    const { thumbprint } = client.certificate
    const { out } = await cert('list')
    expect(out).to.match(/^thumbprint +list +for +name +expires +note\n/)
    expect(out)
      .to.include(thumbprint)
      .and.match(/rejected +clients +UaExpert@desk +\d{4}-\d\d-\d\d\n/)
    const trusted = await cert('trust', thumbprint.slice(0, 6).toUpperCase())
    expect(trusted).to.deep.include({ code: 0, out: `trusted: UaExpert@desk, ${thumbprint} (clients)\n`, err: '' })
    expect(await status()).to.equal('Good')
    expect(await listed()).to.have.length(1)
    expect((await listed())[0]).to.include({ list: 'trusted', for: 'clients', note: '' })
  })

  it('rejects and removes it', async () => {
    const { thumbprint } = client.certificate
    await cert('trust', thumbprint)
    expect((await cert('reject', thumbprint)).out).to.equal(`rejected UaExpert@desk, ${thumbprint}\n`)
    expect(await status()).to.equal('BadCertificateUntrusted')
    expect((await cert('remove', thumbprint)).out).to.equal(`removed UaExpert@desk, ${thumbprint}\n`)
    expect(await listed()).to.deep.equal([])
  })

  it('changes nothing when a thumbprint names none, or more than one, and says so', async () => {
    const others: Made[] = []
    const firsts = new Set([client.certificate.thumbprint[0]])
    // Two thumbprints with the same first digit are found soon.
    for (let index = 0; index < 17; index += 1) {
      const other = await makeCertificate({ name: `Other${index}`, keys: client.keys })
      others.push(other)
      await store.judge(other.chain, Date.now())
      const first = other.certificate.thumbprint[0] ?? ''
      if (firsts.has(first)) break
      firsts.add(first)
    }
    const digit = others.at(-1)?.certificate.thumbprint[0] ?? ''
    const many = await cert('trust', client.certificate.thumbprint, digit)
    expect(many.code).to.equal(1)
    expect(many.err).to.match(/certificate-unknown \d+ certificates have .*type more of it.*\n {4}remedy: /)
    const none = await cert('trust', 'zz')
    expect(none.err).to.include('no certificate has a thumbprint that begins with zz')
    expect((await cert('trust', '')).code).not.to.equal(0)
    expect(await store.list('trusted')).to.deep.equal([])
  })

  it('says when trusting is not enough', async () => {
    const old = await makeCertificate({ name: 'Old', toDays: -0.5 })
    const file = join(folder, 'old.pem')
    await writeFile(file, pemOf('CERTIFICATE', old.der))
    const { out } = await cert('trust', file)
    expect(out).to.match(
      /trusted: Old, .*\n {2}it will be refused all the same: it expired on .* \(BadCertificateTimeInvalid\)\n/,
    )
    expect((await cert('list')).out).to.match(/trusted +clients +Old .*refused: it expired on/)
  })

  it('takes a chain and a revocation list from files, for clients and for users', async () => {
    const root = await makeCertificate({ name: 'Root', isAuthority: true })
    const leaf = await makeCertificate({ name: 'Leaf', issuer: root })
    const [chain, list] = [join(folder, 'chain.pem'), join(folder, 'root.crl')]
    await writeFile(chain, pemOf('CERTIFICATE', leaf.der) + pemOf('CERTIFICATE', root.der))
    await writeFile(list, pemOf('X509 CRL', await makeRevocationList(root)))
    expect((await cert('trust', chain)).out).to.include('known as an authority: Root')
    expect(await status(leaf)).to.equal('BadCertificateRevocationUnknown')
    expect((await cert('trust', list)).out).to.include('a revocation list is in use')
    expect(await status(leaf)).to.equal('Good')
    expect((await cert('trust', chain, '--for', 'users')).out)
      .to.include('trusted: Leaf')
      .and.include('(users)')
    expect(await new TrustStore(join(folder, 'users'), 'user').list('trusted')).to.have.length(1)
    expect((await cert('trust', '--issuer', chain)).out).not.to.include('trusted:')
    // Its authority lets it in all the same, once that is trusted.
    await cert('trust', root.certificate.thumbprint)
    expect((await cert('reject', leaf.certificate.thumbprint, '--for', 'clients')).out).to.include(
      'let in all the same',
    )
  })

  it('shows everything about one, and about a file, on lines that nothing can forge', async () => {
    const sly = await makeCertificate({ name: 'sly\u202e', hosts: ['a.example'] })
    await store.put('trusted', sly.certificate)
    const { out } = await cert('show', sly.certificate.thumbprint)
    expect(out).to.match(/^subject +CN=sly·, O=Test\nissuer +itself\nthumbprint +[0-9a-f]{40}\nvalid +/)
    expect(out)
      .to.include('urn:test:client')
      .and.include('a.example')
      .and.match(/key +RSA, 2048 bits/)
    const file = join(folder, 'sly.der')
    await writeFile(file, sly.der)
    expect((await cert('show', file)).out).to.include(sly.certificate.thumbprint)
  })

  it('refuses a file that is none, with one line', async () => {
    const file = join(folder, 'text.pem')
    await writeFile(file, 'hello')
    const { code, err } = await cert('trust', file)
    expect(code).to.equal(1)
    expect(err).to.match(
      /^error: certificate-invalid .*text\.pem is no certificate and no revocation list: .*\n {4}remedy: .*\n$/,
    )
    expect((await cert('trust', join(folder, 'missing.pem'))).code).to.equal(2)
    expect((await cert('list', '--for', 'pets')).code).to.equal(2)
  })

  it('makes, tells, and renews who the server is', async () => {
    expect((await cert('own')).out).to.include('there is none yet')
    expect((await cert('renew', '--host', 'plant.example')).out)
      .to.include('plant.example')
      .and.include('localhost')
    const thumbprint = async () => /thumbprint +([0-9a-f]{40})/.exec((await cert('own')).out)?.[1]
    const key = () => readFile(join(folder, 'own/own/private/private_key.pem'), 'utf8')
    const [first, firstKey] = [await thumbprint(), await key()]
    await cert('renew')
    expect(await thumbprint()).not.to.equal(first)
    expect((await cert('own')).out).to.include('plant.example')
    expect(await key()).to.equal(firstKey)
    await cert('renew', '--new-key')
    expect(await key()).not.to.equal(firstKey)
    await cert('renew', '--valid-for', '90d')
    expect((await cert('own')).out).to.match(/days left +(89|90)\n/)
    for (const wrong of ['1d', '21y', 'long']) expect((await cert('renew', '--valid-for', wrong)).code).to.equal(2)
  })

  it('asks an authority, and uses what it signs and nothing else', async () => {
    const file = join(folder, 'request.csr')
    expect((await cert('request', '-o', file)).code).to.equal(0)
    expect((await cert('request', '-o', file)).err).to.include('file-exists')
    const asked = new Pkcs10CertificateRequest(await readFile(file, 'utf8'))
    expect(await asked.verify()).to.equal(true)
    const root = await makeCertificate({ name: 'Root', isAuthority: true })
    const answer = async (uri: string, publicKey = true) => {
      const keys = publicKey
        ? { keys: { publicKey: await asked.publicKey.export(), privateKey: root.keys.privateKey } }
        : {}
      const made = await makeCertificate({ issuer: root, uri, ...keys })
      const path = join(folder, 'answer.pem')
      await writeFile(path, pemOf('CERTIFICATE', made.der) + pemOf('CERTIFICATE', root.der))
      return cert('use', path)
    }
    expect((await answer(applicationUriOf(), false)).err).to.include('was not made for the key of this server')
    expect((await answer('urn:other')).err).to.include('names urn:other')
    expect((await answer(applicationUriOf())).out).to.match(/issuer +CN=Root/)
    expect((await cert('own')).out).to.match(/issuer +CN=Root/)
    expect(await readdir(join(folder, 'own/own/private'))).to.deep.equal(['private_key.pem'])
  })

  it('says what is wrong when the folder cannot be used', async () => {
    await rm(join(folder, 'own'), { recursive: true })
    await writeFile(join(folder, 'own'), 'a file')
    const file = join(folder, 'client.der')
    await writeFile(file, client.der)
    const { code, err } = await cert('trust', file)
    expect([code, err.split(' ')[1]]).to.deep.equal([69, 'certificate-unusable'])
    expect((await cert('renew')).code).to.equal(69)
  })
})
