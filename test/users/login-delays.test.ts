import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { delayAfter, isLoopback, LoginDelays } from '../../src/users/login-delays.ts'

/** Lets everything happen that waits for no time. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Attempts at one place, and what came of them. */
function rig(address: string) {
  const clock = new VirtualClock()
  const delays = new LoginDelays(clock)
  const answers: boolean[] = []
  let looks = 0
  return {
    clock,
    answers,
    get looks() {
      return looks
    },
    try(isRight: boolean, place: { user?: string; address?: string } = {}) {
      const check = async (): Promise<boolean> => {
        looks += 1
        return isRight
      }
      return delays.attempt({ user: 'ada', address, ...place }, check).then((answer) => void answers.push(answer))
    },
    async pass(ms: number) {
      await clock.advance(ms)
      await settled()
    },
  }
}

describe('the delay of logins', () => {
  it('is none for three failures, then doubles from 250 ms up to 10 s', () => {
    const delays = Array.from({ length: 12 }, (_, failures) => delayAfter(failures))
    expect(delays).to.deep.equal([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  })

  it('comes before an attempt from elsewhere is looked at, also before a right one', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 3; count += 1) await place.try(false)
    void place.try(true)
    await settled()
    expect(place.looks).to.equal(3)
    await place.pass(249)
    expect(place.looks).to.equal(3)
    await place.pass(1)
    expect(place.answers).to.deep.equal([false, false, false, true])
  })

  it('begins anew after a success', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 3; count += 1) await place.try(false)
    void place.try(true)
    await settled()
    await place.pass(250)
    for (let count = 0; count < 3; count += 1) await place.try(false)
    expect(place.looks).to.equal(7)
  })

  it('lets attempts at the same time wait for one another, so that nobody guesses in parallel', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 6; count += 1) void place.try(false)
    await settled()
    expect(place.looks).to.equal(3)
    await place.pass(250)
    expect(place.looks).to.equal(4)
    await place.pass(500)
    expect(place.looks).to.equal(5)
  })

  it('never keeps a right one of this machine out, however many wrong ones wait there', async () => {
    const place = rig('127.0.0.1')
    for (let count = 0; count < 100; count += 1) void place.try(false)
    await settled()
    await place.try(true)
    expect(place.answers).to.include(true)
    expect(place.looks).to.equal(101)
  })

  it('looks at no more than twenty that wait', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 40; count += 1) void place.try(true)
    await settled()
    expect(place.looks).to.equal(20)
    expect(place.answers.filter((answer) => !answer)).to.have.length(20)
  })

  it('costs the user nothing elsewhere, and nobody else at the same address', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 5; count += 1) void place.try(false)
    await settled()
    await place.try(true, { address: '10.0.0.8' })
    await place.try(true, { user: 'bob' })
    expect(place.answers).to.deep.equal([false, false, false, true, true])
  })

  it('never makes a right password wait on this machine, whatever others have tried there', async () => {
    const place = rig('127.0.0.1')
    for (let count = 0; count < 12; count += 1) void place.try(false)
    await settled()
    expect(place.answers).to.have.length(3)
    await place.try(true)
    expect(place.answers.at(-1)).to.equal(true)
    expect(place.clock.monotonic()).to.equal(0)
    await place.pass(10_000)
    expect(place.answers).to.have.length(13)
  })

  it('is forgotten a quarter of an hour after the last failure', async () => {
    const place = rig('10.0.0.7')
    for (let count = 0; count < 3; count += 1) await place.try(false)
    await place.clock.advance(15 * 60_000)
    await place.try(false)
    expect(place.looks).to.equal(4)
  })

  it('knows the addresses of this machine', () => {
    for (const address of ['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1'])
      expect(isLoopback(address)).to.equal(true)
    for (const address of ['10.0.0.7', '::2', '1127.0.0.1', '128.0.0.1', ''])
      expect(isLoopback(address)).to.equal(false)
  })
})
