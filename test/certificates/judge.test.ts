import { expect } from 'chai'
import { certificateBytesMax } from '../../src/certificates/der.ts'
import { judge, type TrustLists } from '../../src/certificates/judge.ts'
import { readRevocationList } from '../../src/certificates/revocation-list.ts'
import { KeyUsageFlags } from '../../src/certificates/x509.ts'
import { type BadCertificate, makeBadCertificates } from '../kit/bad-certificates.ts'
import { type Made, makeCertificate, makeRevocationList } from '../kit/certificate-workshop.ts'

const nothing: TrustLists = { trusted: [], issuers: [], revocationLists: [] }
const application = { purpose: 'application', now: Date.now() } as const

function trusting(...trusted: readonly Made[]): TrustLists {
  return { ...nothing, trusted: trusted.map(({ certificate }) => certificate) }
}

describe('judging a certificate (Part 4 §6.1.3, Table 100)', function () {
  this.timeout(60_000)
  let bad: readonly BadCertificate[]
  let good: Made

  before(async () => {
    bad = await makeBadCertificates()
    good = await makeCertificate()
  })

  it('accepts one that is trusted, and says of another that nobody trusts it', async () => {
    expect((await judge(good.chain, trusting(good), application)).status).to.equal('Good')
    expect(await judge(good.chain, nothing, application)).to.include({ status: 'BadCertificateUntrusted' })
  })

  it('refuses each of the bad ones also when it lies among the trusted ones', async () => {
    for (const { title, made, sent, trusted, issuers, revocationLists, status } of bad) {
      const lists = {
        ...trusting(...(made.der.length > certificateBytesMax ? [] : [made]), ...trusted),
        issuers: issuers.map(({ certificate }) => certificate),
        revocationLists: revocationLists.map(readRevocationList),
      }
      const verdict = await judge(sent, lists, application)
      expect(verdict.status, title).to.equal(status)
      expect(verdict.reason, title).to.match(/^\S.{5,}/)
    }
  })

  it('tells a stranger nothing of dates, names and usage: trust comes first', async () => {
    const late = bad.filter(({ status }) => /Time|Uri|Use/.test(status) && !/Issuer/.test(status))
    expect(late).to.have.length(5)
    for (const { sent, title } of late) {
      expect((await judge(sent, nothing, application)).status, title).to.equal('BadCertificateUntrusted')
    }
  })

  it('accepts what a trusted authority has issued and not revoked, with the authorities between from anywhere', async () => {
    const root = await makeCertificate({ name: 'Root', isAuthority: true, pathLength: 1 })
    const middle = await makeCertificate({ name: 'Middle', isAuthority: true, issuer: root })
    const leaf = await makeCertificate({ name: 'Leaf', issuer: middle })
    const revocationLists = [await makeRevocationList(root), await makeRevocationList(middle)].map(readRevocationList)
    const lists = { ...trusting(root), revocationLists }
    expect((await judge(leaf.chain, lists, application)).status).to.equal('Good')
    const known = { ...lists, issuers: [middle.certificate] }
    expect((await judge(leaf.certificate.raw, known, application)).status).to.equal('Good')
    expect((await judge(leaf.certificate.raw, lists, application)).status).to.equal('BadCertificateChainIncomplete')
    const onlyRoot = { ...lists, revocationLists: revocationLists.slice(0, 1) }
    expect((await judge(leaf.chain, onlyRoot, application)).status).to.equal('BadCertificateRevocationUnknown')
    const onlyMiddle = { ...lists, revocationLists: revocationLists.slice(1) }
    expect((await judge(leaf.chain, onlyMiddle, application)).status).to.equal('BadCertificateIssuerRevocationUnknown')
    const revoked = [await makeRevocationList(root, [middle]), await makeRevocationList(middle)].map(readRevocationList)
    const overdue = [await makeRevocationList(middle, [], { fromDays: -8, toDays: -1 })].map(readRevocationList)
    const late = { ...lists, revocationLists: [...revocationLists.slice(0, 1), ...overdue] }
    const refused = await judge(leaf.chain, late, application)
    expect(refused.status).to.equal('BadCertificateRevocationUnknown')
    expect(refused.reason).to.match(/^the revocation list of .+ is overdue since \d{4}-\d\d-\d\d$/)
    expect(refused.remedy).to.include('server.security.overdueRevocationLists: accept')
    expect((await judge(leaf.chain, late, { ...application, acceptsOverdue: true })).status).to.equal('Good')
    const renewed = { ...lists, revocationLists: [...revocationLists, ...overdue] }
    expect((await judge(leaf.chain, renewed, application)).status).to.equal('Good')
    expect((await judge(leaf.chain, { ...lists, revocationLists: revoked }, application)).status).to.equal(
      'BadCertificateIssuerRevoked',
    )
  })

  it('lets an authority issue no more authorities than it may', async () => {
    const root = await makeCertificate({ name: 'Root', isAuthority: true, pathLength: 0 })
    const middle = await makeCertificate({ name: 'Middle', isAuthority: true, issuer: root })
    const leaf = await makeCertificate({ name: 'Leaf', issuer: middle })
    const verdict = await judge(leaf.chain, trusting(root), application)
    expect(verdict.status).to.equal('BadCertificateIssuerUseNotAllowed')
  })

  it('asks of a person for no URI and for no encryption', async () => {
    const person = await makeCertificate({ name: 'Ada', uri: null, usages: KeyUsageFlags.digitalSignature })
    expect((await judge(person.chain, trusting(person), application)).status).to.equal('BadCertificateUriInvalid')
    const verdict = await judge(person.chain, trusting(person), { ...application, purpose: 'user' })
    expect(verdict.status).to.equal('Good')
  })

  it('calls everything else invalid, whatever the bytes are', async () => {
    const { raw } = good.certificate
    const flipped = [30, 200, 400, raw.length - 20].map((at) => {
      const copy = Buffer.from(raw)
      copy[at] = (copy[at] ?? 0) ^ 0xff
      return copy
    })
    const cases = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
      raw.subarray(0, 300),
      Buffer.concat([raw, Buffer.from([0])]),
      await makeRevocationList(good),
      Buffer.alloc(100_000, 0x30),
      ...flipped,
    ]
    for (const [index, bytes] of cases.entries()) {
      const { status } = await judge(bytes, trusting(good), application)
      expect(status, `case ${index}`).to.match(/^Bad/)
    }
  })
})
