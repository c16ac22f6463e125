import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { Sample } from '../../../../src/model/sample.ts'
import { statusName } from '../../../../src/model/status.ts'
import { until } from '../../../kit/demo-plant.ts'
import { startTcpProxy, type TcpProxy } from '../../../kit/tcp-proxy.ts'
import { type Entry, type FieldDevice, startDevice, tagsOf } from './field-device.ts'
import { type FieldServer, type FieldServerOptions, startFieldServer } from './field-server.ts'

const rounds = 20
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('opcua: a connection that is lost', function () {
  this.timeout(60_000)
  let server: FieldServer
  let proxy: TcpProxy
  let device: FieldDevice | undefined
  const begin = async (options: FieldServerOptions = {}) => {
    server = await startFieldServer({ isSmall: true, ...options })
    proxy = await startTcpProxy(() => server.port)
  }
  const start = (config: Record<string, unknown>, entry: Entry = {}) => {
    const url = `opc.tcp://127.0.0.1:${proxy.port}`
    const pushed = { publishingInterval: 50, samplingInterval: 0, queueSize: 1000 }
    device = startDevice({ url, securityMode: 'None', ...pushed, ...config }, server.folder, entry)
    return device
  }
  /** Numbers that a tag had. What comes again after a time without a value is the same sample, and counts once. */
  const numbers = (tag: string) => {
    let last: Sample | undefined
    let isBack = false
    return device!.samples(tag).flatMap((sample) => {
      const isAgain = isBack && sample.value === last?.value && sample.sourceTime === last?.sourceTime
      isBack = sample.value === null
      if (isBack) return []
      last = sample
      return isAgain ? [] : [Number(sample.value)]
    })
  }
  const steps = (given: readonly number[]) => given.slice(1).map((value, index) => value - given[index]!)
  const counts = () => {
    const { engine } = server.server
    return [engine.currentSessionCount, engine.currentSubscriptionCount, proxy.connections]
  }
  afterEach(async () => {
    await device?.close()
    device = undefined
    await proxy.close()
    await server.remove()
  })

  it(`misses no value that the server has kept, over ${rounds} cuts under load`, async () => {
    await begin({ tags: 100 })
    const timers = timerCount()
    const tags = [...tagsOf('counter', 'temperature'), ...manyTags(100)]
    const plc = start({ tags })
    await plc.good('t99')
    server.count(4)
    for (let round = 0; round < rounds; round++) {
      await wait(20 + 7 * round)
      for (let index = 0; index < 100; index++) server.change(`t${index}`, 1000 * (round + 1) + index)
      proxy.cut()
      await until('the tags are Bad', () => plc.status('counter') === 'BadNoCommunication', 1000)
      expect(plc.status('temperature')).to.equal('BadNoCommunication')
      await wait(10 * (round % 4))
      proxy.mend()
      await plc.good('counter')
      await plc.good('temperature')
    }
    server.count(0)
    await until('everything has arrived', () => plc.value('counter') === server.counted)
    expect(new Set(steps(numbers('counter')))).to.deep.equal(new Set([1]))
    await until('the tags have their last value', () => plc.value('t99') === 1000 * rounds + 99)
    for (const tag of ['t0', 't50', 't99']) {
      const changes = numbers(tag).filter((value, index, all) => value !== all[index - 1])
      const own = Number(tag.slice(1))
      expect(changes.slice(1), tag).to.deep.equal(
        Array.from({ length: rounds }, (_, round) => 1000 * (round + 1) + own),
      )
    }
    expect(counts()).to.deep.equal([1, 1, 1])
    await plc.close()
    await until('nothing is left', () => counts().every((count) => count === 0), 2000)
    await until('no timer is left', () => timerCount() <= timers, 3000)
    expect(plc.log.filter((line) => /lost, because|messages of the server were lost/.test(line))).to.deep.equal([])
  })

  it('holds the last value for as long as the device entry says', async () => {
    await begin()
    const plc = start({ tags: tagsOf('temperature') }, { holdLastMs: 300 })
    await plc.good('temperature')
    proxy.cut()
    await until('it is held', () => plc.status('temperature') === 'UncertainNoCommunicationLastUsableValue', 1000)
    expect(plc.value('temperature')).to.equal(21.5)
    await until('it is Bad', () => plc.status('temperature') === 'BadNoCommunication', 2000)
    proxy.mend()
    await plc.good('temperature')
    const seen = plc.samples('temperature').map(({ status }) => statusName(status))
    expect(seen.slice(-4)).to.deep.equal([
      'Good',
      'UncertainNoCommunicationLastUsableValue',
      'BadNoCommunication',
      'Good',
    ])
    expect(
      new Set(
        plc
          .samples('temperature')
          .slice(1)
          .map(({ sourceTime }) => sourceTime),
      ).size,
    ).to.equal(1)
  })

  it('notices within seconds that nothing comes any more, and misses nothing when it is back', async () => {
    await begin()
    const plc = start({ tags: tagsOf('counter'), queueSize: 5000 })
    await plc.good('counter')
    server.count(5)
    await wait(100)
    proxy.silence()
    await until('it is Bad', () => plc.status('counter') === 'BadNoCommunication', 8000)
    proxy.mend()
    await plc.good('counter')
    server.count(0)
    await until('everything has arrived', () => plc.value('counter') === server.counted)
    expect(new Set(steps(numbers('counter')))).to.deep.equal(new Set([1]))
    expect(counts().slice(0, 2)).to.deep.equal([1, 1])
  })

  // Part 4 §5.14.5: a keep-alive carries the number of the next message; taken for received, that message would be skipped.
  it('misses no message that was sent into a dead line after a keep-alive', async () => {
    await begin()
    const plc = start({ tags: tagsOf('temperature') })
    await plc.good('temperature')
    await wait(1300)
    proxy.silence()
    for (const value of [31, 32, 33]) {
      server.change('temperature', value)
      await wait(120)
    }
    proxy.cut()
    await until('it is Bad', () => plc.status('temperature') === 'BadNoCommunication', 1000)
    proxy.mend()
    await until('the last value arrives', () => plc.value('temperature') === 33)
    expect(numbers('temperature').filter((value) => value > 30)).to.deep.equal([31, 32, 33])
  })

  it('is made again for a device that is polled, with the same session', async () => {
    await begin()
    const plc = start({ read: 'poll', tags: tagsOf('temperature') })
    await plc.good('temperature')
    for (let round = 0; round < 3; round++) {
      proxy.cut()
      await until('it is Bad', () => plc.status('temperature') === 'BadNoCommunication', 1000)
      proxy.mend()
      await plc.good('temperature')
    }
    expect(counts()).to.deep.equal([1, 0, 1])
    await plc.close()
    await until('nothing is left', () => counts().every((count) => count === 0), 2000)
  })

  it('takes its subscription along when only the session has ended meanwhile', async () => {
    await begin()
    const serverThumbprint = createHash('sha1').update(server.server.getCertificate()).digest('hex')
    const user = { securityMode: 'Sign', user: 'operator', password: 'pump-7', serverThumbprint }
    const plc = start({ tags: tagsOf('counter'), queueSize: 5000, sessionTimeout: 1000, ...user })
    await plc.good('counter')
    server.count(5)
    await wait(100)
    proxy.cut()
    await until('the server has ended the session', () => counts()[0] === 0, 5000)
    proxy.mend()
    await plc.good('counter')
    server.count(0)
    await until('everything has arrived', () => plc.value('counter') === server.counted)
    expect(new Set(steps(numbers('counter')))).to.deep.equal(new Set([1]))
    expect(counts()).to.deep.equal([1, 1, 1])
  })

  it(`comes back after ${rounds} restarts of the server, also when its namespaces move`, async () => {
    let round = 0
    await begin({ namespacesBefore: () => Array.from({ length: round % 3 }, (_, index) => `urn:other:${index}`) })
    const plc = start({ tags: tagsOf('counter', 'temperature') })
    await plc.good('counter')
    server.count(5)
    for (round = 1; round <= rounds; round++) {
      await wait(30)
      const before = server.counted
      await server.stop()
      await until('the tags are Bad', () => plc.status('counter') === 'BadNoCommunication', 1000)
      expect(plc.status('temperature')).to.equal('BadNoCommunication')
      await server.start()
      await until('it counts on', () => Number(plc.value('counter')) > before)
      await plc.good('temperature')
      expect(counts().slice(0, 2)).to.deep.equal([1, 1])
    }
    expect(Math.min(...steps(numbers('counter')))).to.be.greaterThan(0)
    const times = plc.samples('counter').flatMap(({ value, sourceTime }) => (value === null ? [] : [sourceTime]))
    expect(Math.min(...steps(times))).to.be.at.least(0)
    await plc.close()
    await until('nothing is left', () => counts().every((count) => count === 0), 2000)
  })

  it('has 5 000 tags, and has them back after a cut', async () => {
    await begin({ tags: 5000 })
    const plc = start({ tags: manyTags(5000), publishingInterval: 100, queueSize: 1 })
    const isGood = (from: number) => Array.from({ length: 5000 }, (_, index) => plc.samples(`t${index}`).length > from)
    await until('all are there', () => isGood(1).every(Boolean), 20_000)
    expect(plc.value('t4999')).to.equal(4999)
    proxy.cut()
    await until('all are Bad', () => plc.status('t4999') === 'BadNoCommunication', 2000)
    proxy.mend()
    await until('all are Good', () => tagNames.every((name) => plc.status(name) === 'Good'), 10_000)
    expect(counts()).to.deep.equal([1, 1, 1])
  })
})

const timerCount = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

const tagNames = Array.from({ length: 5000 }, (_, index) => `t${index}`)

function manyTags(count: number): Record<string, unknown>[] {
  return tagNames.slice(0, count).map((name, index) => ({ name, node: `nsu=urn:acme:plc;i=${1000 + index}` }))
}
