import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { pemOf } from '../../src/certificates/der.ts'
import { folders, rejectedMax, TrustStore } from '../../src/certificates/store.ts'
import { trustRefused } from '../../src/certificates/trust.ts'
import {
  type Made,
  makeCertificate,
  makeKeys,
  makeRevocationList,
  workshopFolder,
} from '../kit/certificate-workshop.ts'

describe('a store of certificates', function () {
  this.timeout(60_000)
  let store: TrustStore
  let remove: () => Promise<void>
  let client: Made

  beforeEach(async () => {
    const workshop = await workshopFolder()
    remove = workshop.remove
    store = new TrustStore(join(workshop.folder, 'store'), 'application')
    await store.prepare()
    client = await makeCertificate()
  })
  afterEach(() => remove())

  const status = async (made: Made = client) => (await store.judge(made.chain, Date.now())).status
  const namesIn = (list: keyof typeof folders) => readdir(join(store.folder, folders[list]))

  it('keeps a refused certificate once, under its name and thumbprint', async () => {
    expect(await status()).to.equal('BadCertificateUntrusted')
    expect(await status()).to.equal('BadCertificateUntrusted')
    expect(await namesIn('rejected')).to.deep.equal([`Client[${client.certificate.thumbprint}].pem`])
  })

  it('accepts it from the next look on, after it is trusted, and refuses it after it is rejected or removed', async () => {
    await status()
    expect(await trustRefused(store, '00'.repeat(20))).to.equal(false)
    expect(await trustRefused(store, client.certificate.thumbprint.toUpperCase())).to.equal(true)
    expect(await status()).to.equal('Good')
    expect(await namesIn('rejected')).to.deep.equal([])
    await store.put('rejected', client.certificate)
    expect(await status()).to.equal('BadCertificateUntrusted')
    await store.put('trusted', client.certificate)
    expect(await status()).to.equal('Good')
    expect(await store.take(client.certificate.thumbprint, ['trusted'])).to.equal(true)
    expect(await status()).to.equal('BadCertificateUntrusted')
  })

  it('follows what others do to its folders: files that are moved, written over, or taken away', async () => {
    await status()
    const [name = ''] = await namesIn('rejected')
    const trusted = join(store.folder, folders.trusted, 'some name.pem')
    await rename(join(store.folder, folders.rejected, name), trusted)
    expect(await status()).to.equal('Good')
    const before = store.version
    const other = await makeCertificate({ name: 'Other' })
    await writeFile(trusted, pemOf('CERTIFICATE', other.der))
    expect(await status()).to.equal('BadCertificateUntrusted')
    expect(await status(other)).to.equal('Good')
    expect(store.version).to.be.greaterThan(before)
    await rm(trusted)
    expect(await status(other)).to.equal('BadCertificateUntrusted')
  })

  it('reads DER and PEM, and what stands behind a certificate as its chain, and leaves out the rest', async () => {
    const root = await makeCertificate({ name: 'Root', isAuthority: true })
    const issued = await makeCertificate({ name: 'Issued', issuer: root })
    const path = (name: string) => join(store.folder, folders.trusted, name)
    await writeFile(path('a.der'), client.der)
    await writeFile(path('b.pem'), `some text\n${pemOf('CERTIFICATE', issued.der)}${pemOf('CERTIFICATE', root.der)}`)
    await writeFile(path('c.pem'), 'no certificate')
    await writeFile(path('d.der'), client.der.subarray(0, 100))
    await writeFile(path('huge.pem'), Buffer.alloc(3_000_000))
    await mkdir(path('folder'))
    await symlink('/dev/zero', path('endless'))
    await writeFile(join(store.folder, folders.issuerRevocations, 'root.crl'), await makeRevocationList(root))
    expect(await status()).to.equal('Good')
    expect(await status({ ...issued, chain: issued.der })).to.equal('Good')
    // The authority is known by the file, and not trusted by it.
    const sibling = await makeCertificate({ name: 'Sibling', issuer: root })
    expect(await status({ ...sibling, chain: sibling.der })).to.equal('BadCertificateUntrusted')
  })

  it('keeps the newest refused ones only, because anybody can send one', async () => {
    const keys = await makeKeys()
    const strangers: Made[] = []
    for (let index = 0; index < rejectedMax + 5; index += 1) {
      const stranger = await makeCertificate({ name: `Stranger${index}`, keys })
      strangers.push(stranger)
      await status(stranger)
      const file = join(store.folder, folders.rejected, `Stranger${index}[${stranger.certificate.thumbprint}].pem`)
      // One a second, as far as the file system knows.
      await utimes(file, new Date(), new Date(Date.now() - 1_000_000 + index * 1000))
    }
    const kept = (await store.list('rejected')).map(({ certificate }) => certificate.thumbprint)
    expect(kept).to.have.length(rejectedMax)
    expect(kept).to.include(strangers.at(-1)?.certificate.thumbprint)
    expect(kept).not.to.include(strangers[0]?.certificate.thumbprint)
  })

  it('refuses all the same when the refused one cannot be kept', async () => {
    const folder = join(store.folder, folders.rejected)
    await rm(folder, { recursive: true })
    await writeFile(folder, 'not a folder')
    expect(await status()).to.equal('BadCertificateUntrusted')
  })

  it('gives names that come from outside no way out of the folder', async () => {
    const sly = await makeCertificate({ name: '../../../sly \u0007 name' })
    await status(sly)
    const [name] = await namesIn('rejected')
    expect(name).to.match(/^[\w.@-]+\[[0-9a-f]{40}\]\.pem$/)
  })

  it('judges a hundred times as one, and never loses a trusted one meanwhile', async () => {
    await store.put('trusted', client.certificate)
    const other = await makeCertificate({ name: 'Other' })
    const all = Array.from({ length: 100 }, async (_, index) => {
      if (index % 10 === 5) await store.put(index % 20 === 5 ? 'trusted' : 'rejected', other.certificate)
      return status()
    })
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set(['Good']))
  })

  it('rejects with the error of the file system, when a list cannot be changed', async () => {
    await rm(join(store.folder, folders.trusted), { recursive: true })
    await writeFile(join(store.folder, folders.trusted), 'not a folder')
    const error = await store.put('trusted', client.certificate).catch((thrown: NodeJS.ErrnoException) => thrown)
    expect((error as NodeJS.ErrnoException).code).to.be.oneOf(['EEXIST', 'ENOTDIR'])
  })
})
