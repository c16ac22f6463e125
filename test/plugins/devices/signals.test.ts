import { expect } from 'chai'
import { ReadingFailed, Status } from 'millrace/plugin'
import signals from '../../../plugins/devices/signals.ts'
import { complaintsAbout as conformanceOf } from '../../../src/plugin/testing.ts'
import { bench, complaintsAbout } from './signals-kit.ts'

/** Values of one tag at several times in milliseconds. */
async function valuesOf(tag: object, times: readonly number[], others: object = {}): Promise<unknown[]> {
  const device = await bench([{ name: 'x', ...tag }], others)
  const values: unknown[] = []
  for (const time of times) values.push((await device.at(time)).x)
  return values
}

const seconds = (count: number) => Array.from({ length: count }, (_, index) => 1000 * index)
/** A time of our days: waves must not lose their form over the milliseconds since 1970. */
const lately = Date.UTC(2026, 4, 1)

describe('signals: waves', () => {
  const wave = { period: 8, offset: 10, amplitude: 4 }

  for (const [signal, expected] of [
    ['sine', [10, 12.828, 14, 12.828, 10, 7.172, 6, 7.172]],
    ['triangle', [10, 12, 14, 12, 10, 8, 6, 8]],
    ['square', [14, 14, 14, 14, 6, 6, 6, 6]],
    ['sawtooth', [6, 7, 8, 9, 10, 11, 12, 13]],
  ] as const) {
    it(`${signal} has its form, and has it again after each period`, async () => {
      for (const begin of [0, lately]) {
        const values = await valuesOf(
          { ...wave, signal },
          seconds(16).map((time) => begin + time),
        )
        for (const [index, value] of values.entries()) expect(value).to.be.closeTo(expected[index % 8]!, 0.001)
      }
    })
  }

  it('begin later in their period with a phase, and are on for their duty', async () => {
    expect(await valuesOf({ ...wave, signal: 'sawtooth', phase: 90 }, seconds(3))).to.deep.equal([8, 9, 10])
    expect(await valuesOf({ ...wave, signal: 'sawtooth', phase: -90 }, seconds(3))).to.deep.equal([12, 13, 6])
    expect(await valuesOf({ signal: 'pulse', period: 4, duty: 25 }, seconds(5))).to.deep.equal([
      true,
      false,
      false,
      false,
      true,
    ])
    expect(await valuesOf({ signal: 'pulse', duty: 0 }, seconds(3))).to.deep.equal([false, false, false])
    expect(await valuesOf({ signal: 'pulse', duty: 100, period: 1 }, seconds(3))).to.deep.equal([true, true, true])
    expect(await valuesOf({ signal: 'toggle', period: 4 }, seconds(5))).to.deep.equal([true, true, false, false, true])
  })

  it('ramps begin when the device is connected and stay at their end', async () => {
    const ramp = { signal: 'ramp', offset: 5, amplitude: -5, period: 4 }
    const times = seconds(7).map((time) => lately + time)
    expect(await valuesOf(ramp, times, { connectedAt: lately })).to.deep.equal([5, 3.75, 2.5, 1.25, 0, 0, 0])
  })

  it('count from the connection when they are told to', async () => {
    const tag = { ...wave, signal: 'sawtooth' }
    const times = seconds(3).map((time) => lately + 3000 + time)
    expect(await valuesOf(tag, times, { connectedAt: lately + 3000, begin: 'connect' })).to.deep.equal([6, 7, 8])
    expect(await valuesOf(tag, times, { connectedAt: lately + 3000 })).to.deep.equal([9, 10, 11])
  })
})

describe('signals: steps and counters', () => {
  it('steps last as long as they say, again and again or once', async () => {
    const steps = [
      { value: 1, for: 2 },
      { value: 5, for: '1s' },
    ]
    expect(await valuesOf({ signal: 'steps', steps }, seconds(6))).to.deep.equal([1, 1, 5, 1, 1, 5])
    const once = await valuesOf(
      { signal: 'steps', steps, loop: false },
      seconds(6).map((time) => lately + time),
      {
        connectedAt: lately,
      },
    )
    expect(once).to.deep.equal([1, 1, 5, 5, 5, 5])
  })

  it('steps may be texts and truth values', async () => {
    const steps = [
      { value: 'off', for: 1 },
      { value: 'run', for: 1 },
    ]
    expect(
      await valuesOf({ signal: 'steps', type: 'String', choices: ['off', 'run'], steps }, seconds(3)),
    ).to.deep.equal(['off', 'run', 'off'])
    const truths = [
      { value: true, for: 1 },
      { value: false, for: 1 },
    ]
    expect(await valuesOf({ signal: 'steps', type: 'Boolean', steps: truths }, seconds(2))).to.deep.equal([true, false])
  })

  it('counters count up or down and wrap around within their range', async () => {
    expect(await valuesOf({ signal: 'counter', period: 1, min: 0, max: 3 }, seconds(6))).to.deep.equal([
      0, 1, 2, 3, 0, 1,
    ])
    expect(await valuesOf({ signal: 'counter', period: 1, step: -1, min: 0, max: 3 }, seconds(4))).to.deep.equal([
      0, 3, 2, 1,
    ])
    expect(await valuesOf({ signal: 'counter', type: 'Byte', period: 1, offset: 254 }, seconds(4))).to.deep.equal([
      254, 255, 0, 1,
    ])
    const below = { signal: 'counter', type: 'Double', period: 1, offset: -2, step: 0.5 }
    expect(await valuesOf(below, seconds(3))).to.deep.equal([-2, -1.5, -1])
  })
})

describe('signals: chance', () => {
  const tags = [
    { name: 'noise', signal: 'noise', offset: 3, amplitude: 2 },
    { name: 'walk', signal: 'walk', offset: 50, amplitude: 10, step: 0.5, period: 1 },
    { name: 'other', signal: 'walk', offset: 50, amplitude: 10, step: 0.5, period: 1 },
    { name: 'drops', signal: 'constant', dropout: 20 },
  ]
  const run = async (seed: number, times: readonly number[]) => {
    const device = await bench(tags, { seed, connectedAt: times[0]! })
    const rows: Record<string, unknown>[] = []
    for (const time of times) rows.push(await device.at(time))
    return rows
  }

  it('gives the same values for the same seed and times, in whatever order they are asked', async () => {
    const times = seconds(50).map((time) => lately + 37 * time)
    const first = await run(1, times)
    expect(await run(1, times)).to.deep.equal(first)
    expect((await run(1, times.toReversed())).toReversed()).to.deep.equal(first)
    const second = await run(2, times)
    for (const name of ['noise', 'walk']) {
      expect(second.map((row) => row[name])).to.not.deep.equal(first.map((row) => row[name]))
    }
    expect(first.map(({ other }) => other)).to.not.deep.equal(first.map(({ walk }) => walk))
  })

  it('noise has its mean and its deviation', async () => {
    const values = (
      await run(
        1,
        seconds(4000).map((time) => lately + time),
      )
    ).map(({ noise }) => noise as number)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    expect(mean).to.be.closeTo(3, 0.15)
    expect(deviation).to.be.closeTo(2, 0.15)
  })

  it('a walk keeps its limits and goes by steps of its deviation, also over the ends of its blocks', async () => {
    const times = Array.from({ length: 140_000 }, (_, index) => 1000 * index)
    const device = await bench([tags[1]!])
    let [before, squares, widest] = [Number.NaN, 0, [50, 50]]
    for (const time of times) {
      const value = (await device.at(time)).walk as number
      if (!Number.isNaN(before)) squares += (value - before) ** 2
      widest = [Math.min(widest[0]!, value), Math.max(widest[1]!, value)]
      before = value
    }
    expect(widest[0]).to.be.within(40, 41)
    expect(widest[1]).to.be.within(59, 60)
    expect(Math.sqrt(squares / times.length)).to.be.closeTo(0.5, 0.05)
  })

  it('drops the share of samples that is wanted, with the wanted status', async () => {
    const rows = await run(1, seconds(4000))
    const dropped = rows.filter(({ drops }) => drops instanceof ReadingFailed)
    expect(dropped.length / rows.length).to.be.closeTo(0.2, 0.03)
    expect((dropped[0]!.drops as ReadingFailed).status).to.equal(Status.BadSensorFailure)
  })

  it('drops last as long as they are told to', async () => {
    const device = await bench([{ name: 'x', dropout: 50, dropFor: 10 }])
    for (let stretch = 0; stretch < 20; stretch++) {
      const begin = (await device.at(10_000 * stretch)).x instanceof ReadingFailed
      expect((await device.at(10_000 * stretch + 9999)).x instanceof ReadingFailed).to.equal(begin)
    }
  })
})

describe('signals: types', () => {
  it('whole numbers are rounded and stay within what they can hold', async () => {
    const tag = { signal: 'sawtooth', type: 'SByte', period: 4, amplitude: 200 }
    expect(await valuesOf(tag, seconds(4))).to.deep.equal([-128, -100, 0, 100])
  })

  it('a number above 0 is true, and a number chooses among texts', async () => {
    expect(await valuesOf({ signal: 'sawtooth', type: 'Boolean', period: 4 }, seconds(4))).to.deep.equal([
      false,
      false,
      false,
      true,
    ])
    const tag = { signal: 'sawtooth', choices: ['a', 'b', 'c'], offset: 1, amplitude: 1, period: 4 }
    expect(await valuesOf(tag, seconds(4))).to.deep.equal(['a', 'b', 'b', 'c'])
  })

  it('become ports with unit, range, choices and access', async () => {
    const tags = [
      { name: 'a', unit: 'bar', min: 0, max: 10 },
      { name: 'b', signal: 'toggle' },
      { name: 'c', signal: 'setpoint', choices: ['x', 'y'] },
    ]
    expect(await conformanceOf(signals, { config: { tags }, connect: true })).to.deep.equal([])
    const { describeDevice } = await import('../../../src/plugin/describe.ts')
    const { definitionOf } = await import('../../device/memory-device.ts')
    const { configOf } = await import('./signals-kit.ts')
    const { outputs, inputs } = describeDevice(definitionOf({ config: configOf(tags) }), signals as never)
    expect(
      outputs.map(({ name, dataType, unit, range, choices }) => ({ name, dataType, unit, range, choices })),
    ).to.deep.equal([
      { name: 'a', dataType: 'Double', unit: 'bar', range: [0, 10], choices: undefined },
      { name: 'b', dataType: 'Boolean', unit: undefined, range: undefined, choices: undefined },
      { name: 'c', dataType: 'String', unit: undefined, range: undefined, choices: ['x', 'y'] },
    ])
    expect(inputs.map(({ name }) => name)).to.deep.equal(['c'])
  })
})

describe('signals: setpoints', () => {
  it('are what was written, and what follows them comes within 1/e of it in its time constant', async () => {
    const device = await bench([
      { name: 'target', signal: 'setpoint', value: 20 },
      { name: 'actual', signal: 'follow', follows: 'target', lag: 10 },
      { name: 'direct', signal: 'follow', follows: 'target', lag: 0 },
    ])
    expect(await device.at(5000)).to.deep.equal({ target: 20, actual: 20, direct: 20 })
    await device.write(5000, { target: 120 })
    expect(await device.at(5000)).to.deep.equal({ target: 120, actual: 20, direct: 120 })
    expect((await device.at(15_000)).actual).to.be.closeTo(120 - 100 / Math.E, 1e-9)
    // A new setpoint on the way: it turns where it is.
    await device.write(15_000, { target: 0 })
    expect((await device.at(15_000)).actual).to.be.closeTo(120 - 100 / Math.E, 1e-9)
    expect((await device.at(400_000)).actual).to.be.closeTo(0, 1e-9)
  })

  it('may be truth values and texts', async () => {
    const device = await bench([
      { name: 'on', signal: 'setpoint', type: 'Boolean' },
      { name: 'mode', signal: 'setpoint', choices: ['auto', 'hand'] },
    ])
    expect(await device.at(0)).to.deep.equal({ on: false, mode: 'auto' })
    await device.write(1, { on: true, mode: 'hand' })
    expect(await device.at(2)).to.deep.equal({ on: true, mode: 'hand' })
  })
})

describe('signals: check', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ min: 3, max: 1 }, /min is 3 and max is 1; swap them/],
    [{ signal: 'steps' }, /steps are missing; add steps/],
    [{ signal: 'steps', steps: [{ value: 'a', for: 1 }] }, /steps\[0\].value is "a", not a number/],
    [{ signal: 'constant', type: 'Byte', value: 300 }, /value is 300, which no Byte can hold/],
    [{ signal: 'setpoint', choices: ['a'], value: 'b' }, /value is "b", not one of a/],
    [{ signal: 'follow' }, /follows is missing/],
    [{ signal: 'follow', follows: 'y' }, /it follows y, which is no setpoint of this device/],
    [{ file: 'a.csv' }, /file means nothing for sine, only for replay; remove it/],
    [{ type: 'String' }, /a String that is a sine needs choices/],
    [{ type: 'Boolean', choices: ['a'] }, /choices are for a String, not for Boolean/],
    [{ type: 'Boolean', unit: 'bar' }, /unit is for numbers/],
    [{ signal: 'toggle', noise: 1 }, /noise is for measured numbers/],
    [{ signal: 'replay' }, /file is missing/],
    [{ signal: 'replay', file: 'a.csv', column: 1 }, /either timeColumn or interval/],
    [{ signal: 'counter', type: 'Boolean' }, /a counter is a number/],
  ]
  for (const [tag, expected] of wrong) {
    it(`tells what is wrong with ${JSON.stringify(tag)}`, () => {
      const complaints = complaintsAbout([{ name: 'x', ...tag }])
      expect(complaints.join('\n')).to.match(expected)
      for (const complaint of complaints) expect(complaint).to.match(/^tag 'x': [a-z]/)
    })
  }

  it('tells a name that is there twice', () => {
    expect(complaintsAbout([{ name: 'x' }, { name: 'x' }])).to.deep.equal([
      "tag 'x': there is another tag of this name; rename one of them",
    ])
  })
})
