import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { warningFor } from '../../src/certificates/expiry.ts'
import { makeKey } from '../../src/certificates/issue.ts'
import { applicationUriOf, machineHosts } from '../../src/certificates/names.ts'
import {
  closeKeyFile,
  daysLeft,
  isRenewable,
  makeOwn,
  missingHosts,
  ownFiles,
  readOwn,
  replaceOwn,
} from '../../src/certificates/own.ts'
import { OwnCertificate, type OwnCertificateNews } from '../../src/certificates/own-certificate.ts'
import { defaultCertificateRules } from '../../src/model/certificate-rules.ts'
import { isMillraceError } from '../../src/model/errors.ts'
import { keyPemOf, makeCertificate, workshopFolder } from '../kit/certificate-workshop.ts'

const dayMs = 86_400_000
const identity = { applicationUri: 'urn:here:millrace', name: 'A "plant", +=/\\ of\nours', hosts: ['here', '10.0.0.7'] }

describe('the own certificate', function () {
  this.timeout(30_000)
  let folder: string
  let remove: () => Promise<void>
  let lines: string[]

  beforeEach(async () => {
    ;({ folder, remove } = await workshopFolder())
    lines = []
  })
  afterEach(() => remove())

  const open = (now = Date.now(), more = {}) =>
    OwnCertificate.open({
      ...{ folder, identity, reachedBy: ['here'], rules: defaultCertificateRules, now: () => now },
      log: (level, message) => lines.push(`${level} ${message}`),
      ...more,
    })
  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    )
  const kindsOf = (news: readonly OwnCertificateNews[]) => news.map(({ kind }) => kind)

  it('is made once, names the application and its hosts, and its key can be read by nobody else', async () => {
    const { certificate } = await open()
    expect(certificate).to.include({ keyBits: 2048, hash: 'SHA-256', isSelfSigned: true })
    expect(certificate.uris).to.deep.equal(['urn:here:millrace'])
    expect(certificate.hosts).to.deep.equal(['here', '10.0.0.7'])
    expect((await stat(ownFiles(folder).key)).mode & 0o777).to.equal(0o600)
    expect((await stat(ownFiles(folder).keys)).mode & 0o777).to.equal(0o700)
    expect((await open()).certificate.thumbprint).to.equal(certificate.thumbprint)
    expect(lines).to.deep.equal([])
  })

  it('closes a key file that others can read, and says so', async () => {
    await open()
    await chmod(ownFiles(folder).key, 0o644)
    await open()
    expect((await stat(ownFiles(folder).key)).mode & 0o777).to.equal(0o600)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include('its mode was 644').and.include('millrace cert renew --new-key')
    expect(await closeKeyFile(folder)).to.equal(undefined)
  })

  it('is refused when it is damaged, has no key, or another one', async () => {
    await open()
    const files = ownFiles(folder)
    const good = await readFile(files.certificate)
    for (const damage of [
      () => writeFile(files.certificate, good.subarray(0, 500)),
      () => writeFile(files.certificate, ''),
      async () => writeFile(files.certificate, await makeAnotherPem()),
      async () => writeFile(files.key, await makeKey()),
      () => writeFile(files.key, 'no key'),
      () => rename(files.key, `${files.key}.away`),
    ]) {
      await damage()
      const error = await errorOf(open())
      expect(isMillraceError(error, 'certificate-unusable'), String(error)).to.equal(true)
      expect(String(error)).to.include('certificate.pem').and.include('put the certificate and its key back')
      await writeFile(files.certificate, good)
    }
  })

  it('is whole after a crash in the middle of a replacement, wherever it was', async () => {
    const old = await makeOwn(folder, identity, { now: Date.now() })
    const files = ownFiles(folder)
    const before = { certificate: await readFile(files.certificate), key: await readFile(files.key) }
    const key = await makeKey()
    const next = await makeOwn(folder, identity, { now: Date.now(), key })
    const after = { certificate: await readFile(files.certificate), key: await readFile(files.key) }
    const thumbprint = async () => (await readOwn(folder))?.chain[0]?.thumbprint
    // The key was written, and nothing else.
    await writeFile(files.certificate, before.certificate)
    await writeFile(files.key, before.key)
    await writeFile(files.nextKey, after.key)
    expect(await thumbprint()).to.equal(old.chain[0]?.thumbprint)
    // Both were written, and none was moved.
    await writeFile(files.nextCertificate, after.certificate)
    expect(await thumbprint()).to.equal(next.chain[0]?.thumbprint)
    // The key was moved already.
    await writeFile(files.certificate, before.certificate)
    await writeFile(files.nextCertificate, after.certificate)
    expect(await thumbprint()).to.equal(next.chain[0]?.thumbprint)
  })

  it('says which names are missing, and that the application is another one, with the remedy', async () => {
    await open()
    await open(Date.now(), { reachedBy: ['here', 'elsewhere'] })
    await open(Date.now(), { identity: { ...identity, applicationUri: 'urn:renamed:millrace' } })
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(/^warn .*does not name elsewhere.*millrace cert renew$/)
    expect(lines[1]).to.match(
      /^warn .*\(urn:here:millrace\) than this one \(urn:renamed:millrace\).*millrace cert renew$/,
    )
    expect(missingHosts({ hosts: ['HERE'] }, ['here'])).to.deep.equal([])
  })

  it('is valid for as long as the plant file says, and is made anew as long before as it says', async () => {
    const begin = Date.now()
    const rules = { validForMs: 90 * 86_400_000, renewBeforeMs: 10 * 86_400_000 }
    const own = await open(begin, { rules })
    expect(Math.abs(own.certificate.notAfter - begin - rules.validForMs)).to.be.lessThan(2000)
    expect(await (await open(begin + 79 * 86_400_000, { rules })).look()).to.deep.equal([])
    const later = await open(begin + 81 * 86_400_000, { rules })
    expect(kindsOf(await later.look())).to.deep.equal(['renewed'])
    expect(Math.abs(later.certificate.notAfter - begin - 171 * 86_400_000)).to.be.lessThan(2000)
  })

  it('is made anew 30 days before its end, with the same key and names, when it was signed by itself', async () => {
    const own = await open()
    const { thumbprint, notAfter } = own.certificate
    const key = own.pair.key
    expect(await (await open(notAfter - 31.5 * dayMs)).look()).to.deep.equal([])
    const late = await open(notAfter - 29.5 * dayMs)
    const [news] = await late.look()
    expect(news).to.include({ kind: 'renewed', old: thumbprint })
    expect(late.certificate.notAfter).to.be.greaterThan(notAfter)
    expect(late.certificate.hosts).to.deep.equal(['here', '10.0.0.7'])
    expect(late.pair.key).to.equal(key)
    expect(await late.look()).to.deep.equal([])
  })

  it('is not made anew when an authority has issued it: it is told at 30, 7, 1 and 0 days, once each', async () => {
    const authority = await makeCertificate({ name: 'Plant authority', isAuthority: true })
    const made = await makeCertificate({ issuer: authority, uri: 'urn:here:millrace', hosts: ['here'], toDays: 60 })
    await replaceOwn(folder, { chain: [made.certificate, authority.certificate], key: await keyPemOf(made) })
    let now = Date.now()
    const own = await open(0, { now: () => now })
    const told: (readonly [number, number])[] = []
    for (let day = 0; day <= 62; day += 1) {
      for (const news of await own.look()) if (news.kind === 'expires') told.push([day, news.daysLeft])
      now += dayMs
    }
    expect(told.map(([, left]) => left)).to.deep.equal([30, 7, 1, 0])
    expect(told[0]?.[0]).to.be.oneOf([29, 30])
    const [news] = await (await open(0, { now: () => now })).look()
    expect(news?.message).to.match(/expired on .*issued by Plant authority.*millrace cert request.*millrace cert renew/)
    expect(isRenewable(own.pair)).to.equal(false)
  })

  it('takes up what somebody puts in place, and stays when that cannot be used', async () => {
    const own = await open()
    await own.look()
    await writeFile(ownFiles(folder).certificate, 'nonsense')
    expect(await own.look()).to.deep.equal([])
    expect(await own.look()).to.deep.equal([])
    expect(lines).to.have.length(1)
    expect(lines[0]).to.match(/^error the certificate of the server stays as it is: .*certificate.pem/)
    const next = await makeOwn(folder, identity, { now: Date.now(), key: own.pair.key })
    expect(kindsOf(await own.look())).to.deep.equal(['renewed'])
    expect(own.certificate.thumbprint).to.equal(next.chain[0]?.thumbprint)
  })

  it('has warnings, days and names that are plain to tell', () => {
    expect([31, 30, 8, 7, 2, 1, 0].map(warningFor)).to.deep.equal([undefined, 30, 30, 7, 7, 1, 0])
    expect(daysLeft({ notAfter: 0 }, dayMs)).to.equal(0)
    expect(applicationUriOf('plc-7')).to.equal('urn:plc-7:millrace')
    expect(applicationUriOf('x'.repeat(80))).to.match(/^urn:[0-9a-f]{16}:millrace$/)
    expect(machineHosts()).to.include('localhost').and.include('127.0.0.1')
  })
})

async function makeAnotherPem(): Promise<string> {
  const { pemOf } = await import('../../src/certificates/der.ts')
  return pemOf('CERTIFICATE', (await makeCertificate()).der)
}
