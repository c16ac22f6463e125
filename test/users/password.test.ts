import { expect } from 'chai'
import { hashPassword, isOutdated, isPassword, randomPassword } from '../../src/users/password.ts'

describe('a password', () => {
  it('is kept as a salted scrypt hash with its parameters', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).to.include({ cost: 65_536, blockSize: 8, parallelization: 1 })
    expect(one.salt).to.have.length(16)
    expect(one.hash).to.have.length(32)
    expect(Buffer.from(one.hash).equals(Buffer.from(other.hash))).to.equal(false)
    expect(isOutdated(one)).to.equal(false)
  })

  it('is recognized, and nothing else is', async () => {
    const kept = await hashPassword('Größe 12')
    expect(await isPassword('Größe 12', kept)).to.equal(true)
    expect(await isPassword('Gro\u0308ße 12'.normalize('NFD'), await hashPassword('Größe 12'))).to.equal(true)
    for (const wrong of ['', 'Größe 1', 'größe 12', 'Größe 12 ', 'x'.repeat(2_000_000)]) {
      expect(await isPassword(wrong, kept), wrong.slice(0, 20)).to.equal(false)
    }
  })

  it('fits nobody where there is no user', async () => {
    expect(await isPassword('', undefined)).to.equal(false)
    expect(await isPassword('admin', undefined)).to.equal(false)
  })

  it('is recognized with the parameters that it was kept with, and says that they are old', async () => {
    // RFC 7914 §12, the second vector: N 1024, r 8, p 16.
    const kept = {
      ...{ salt: Buffer.from('NaCl'), cost: 1024, blockSize: 8, parallelization: 16 },
      hash: Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex'),
    }
    expect(await isPassword('password', kept)).to.equal(true)
    expect(await isPassword('Password', kept)).to.equal(false)
    expect(isOutdated(kept)).to.equal(true)
  })

  it('is hashed two at a time while the event loop goes on', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 5)
    const before = performance.now()
    await Promise.all([1, 2, 3, 4].map(() => hashPassword('x'.repeat(12))))
    clearInterval(timer)
    // Each takes much longer than five milliseconds: without turns in between it would have been synchronous.
    expect(turns).to.be.greaterThan(Math.min(5, (performance.now() - before) / 50))
  })

  it('is made at random in groups that can be typed', () => {
    const made = new Set(Array.from({ length: 100 }, randomPassword))
    expect(made.size).to.equal(100)
    for (const password of made) expect(password).to.match(/^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/)
  })
})
