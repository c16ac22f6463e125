import { expect } from 'chai'
import { block } from './load.ts'

type Row = readonly [seconds: number, inputs: Record<string, boolean>, outputs: Record<string, unknown>]

/** Runs a timing diagram: at each time the inputs, and what the outputs must be. */
function follows(type: string, config: object, rows: readonly Row[]): void {
  const bench = block(type, config)
  for (const [seconds, inputs, outputs] of rows) {
    expect(bench.at(seconds, inputs), `${type} at ${seconds} s`).to.deep.include(outputs)
  }
}

const on = { in: true }
const off = { in: false }

describe('TON', () => {
  it('follows the diagram of IEC 61131-3: a short input never gets through', () => {
    follows('TON', { pt: 5 }, [
      [0, off, { q: false, et: 0 }],
      [1, on, { q: false, et: 0 }],
      [4, on, { q: false, et: 3 }],
      [6, on, { q: true, et: 5 }],
      [9, on, { q: true, et: 5 }],
      [10, off, { q: false, et: 0 }],
      [11, on, { q: false, et: 0 }],
      [14, on, { q: false, et: 3 }],
      [15, off, { q: false, et: 0 }],
    ])
  })

  it('asks to be woken exactly at its end, and no more afterwards', () => {
    const bench = block('TON', { pt: '500 ms' })
    bench.at(0, on)
    expect(bench.wake).to.equal(0.5)
    bench.at(0.2, on)
    expect(bench.wake).to.be.closeTo(0.3, 1e-12)
    expect(bench.at(0.5, on)).to.deep.equal({ q: true, et: 0.5 })
    expect(bench.wake).to.equal(undefined)
  })

  it('is not late by a cycle although many short times add up inexactly', () => {
    const bench = block('TON', { pt: 1 })
    let q: unknown
    for (let cycle = 0; cycle <= 10; cycle++) q = bench.at(cycle * 0.1, on).q
    expect(q).to.equal(true)
  })

  it('is true at once with no preset time', () => {
    follows('TON', { pt: 0 }, [
      [0, on, { q: true, et: 0 }],
      [0, off, { q: false }],
    ])
  })
})

describe('TOF', () => {
  it('follows the diagram of IEC 61131-3: a short pause does not get through', () => {
    follows('TOF', { pt: 5 }, [
      [0, off, { q: false, et: 0 }],
      [1, on, { q: true, et: 0 }],
      [4, off, { q: true, et: 0 }],
      [7, off, { q: true, et: 3 }],
      [9, off, { q: false, et: 5 }],
      [12, off, { q: false, et: 5 }],
      [13, on, { q: true, et: 0 }],
      [14, off, { q: true, et: 0 }],
      [16, on, { q: true, et: 0 }],
      [17, off, { q: true, et: 0 }],
    ])
  })

  it('is false at once with no preset time, and asks to be woken otherwise', () => {
    follows('TOF', { pt: 0 }, [
      [0, on, { q: true }],
      [1, off, { q: false }],
    ])
    const bench = block('TOF', { pt: 2 })
    bench.at(0, on)
    expect(bench.wake).to.equal(undefined)
    bench.at(1, off)
    expect(bench.wake).to.equal(2)
  })
})

describe('TP', () => {
  it('follows the diagram of IEC 61131-3: one pulse of full length for each edge', () => {
    follows('TP', { pt: 5 }, [
      [0, off, { q: false, et: 0 }],
      [1, on, { q: true, et: 0 }],
      [2, off, { q: true, et: 1 }],
      [3, on, { q: true, et: 2 }],
      [6, on, { q: false, et: 5 }],
      [8, on, { q: false, et: 5 }],
      [9, off, { q: false, et: 0 }],
      [10, on, { q: true, et: 0 }],
      [15, off, { q: false, et: 0 }],
    ])
  })

  it('asks to be woken at the end of the pulse', () => {
    const bench = block('TP', { pt: 5 })
    bench.at(0, on)
    bench.at(2, off)
    expect(bench.wake).to.equal(3)
  })
})

describe('counters', () => {
  it('CTU counts rising edges, not time, and is reset while told so', () => {
    follows('CTU', { pv: 2 }, [
      [0, { cu: true }, { q: false, cv: 1 }],
      [1, { cu: true }, { q: false, cv: 1 }],
      [2, { cu: false }, { q: false, cv: 1 }],
      [3, { cu: true }, { q: true, cv: 2 }],
      [4, { cu: false, reset: true }, { q: false, cv: 0 }],
      [5, { cu: true, reset: true }, { q: false, cv: 0 }],
      [6, { cu: true }, { q: false, cv: 0 }],
    ])
  })

  it('CTD counts down from the preset value that was loaded', () => {
    follows('CTD', { pv: 2 }, [
      [0, { cd: false }, { q: true, cv: 0 }],
      [1, { cd: false, load: true }, { q: false, cv: 2 }],
      [2, { cd: true }, { q: false, cv: 1 }],
      [3, { cd: false }, { q: false, cv: 1 }],
      [4, { cd: true }, { q: true, cv: 0 }],
    ])
  })

  it('CTUD counts both ways; both edges at once cancel each other out', () => {
    follows('CTUD', { pv: 1 }, [
      [0, { cu: false, cd: false }, { qu: false, qd: true, cv: 0 }],
      [1, { cu: true, cd: false }, { qu: true, qd: false, cv: 1 }],
      [2, { cu: false, cd: false }, { cv: 1 }],
      [3, { cu: true, cd: true }, { cv: 1 }],
      [4, { cu: false, cd: false }, { cv: 1 }],
      [5, { cu: false, cd: true }, { qu: false, qd: true, cv: 0 }],
      [6, { cu: false, cd: true, load: true }, { cv: 1 }],
      [7, { cu: false, cd: true, load: true, reset: true }, { cv: 0 }],
    ])
  })
})

describe('edges', () => {
  it('R_TRIG is true for one wave; the first sample is an edge unless told otherwise', () => {
    follows('R_TRIG', {}, [
      [0, { clk: true }, { q: true }],
      [0, { clk: true }, { q: false }],
      [1, { clk: false }, { q: false }],
      [2, { clk: true }, { q: true }],
    ])
    follows('R_TRIG', { initial: true }, [[0, { clk: true }, { q: false }]])
  })

  it('F_TRIG is true for one wave; the first sample is an edge unless told otherwise', () => {
    follows('F_TRIG', {}, [
      [0, { clk: false }, { q: true }],
      [1, { clk: false }, { q: false }],
      [2, { clk: true }, { q: false }],
      [3, { clk: false }, { q: true }],
    ])
    follows('F_TRIG', { initial: false }, [[0, { clk: false }, { q: false }]])
  })
})

describe('latches', () => {
  const set = [true, false]
  const reset = [false, true]
  const both = [true, true]
  const none = [false, false]

  for (const [type, names, wins] of [
    ['SR', ['s1', 'r'], true],
    ['RS', ['s', 'r1'], false],
  ] as const) {
    it(`${type} remembers, and its ${wins ? 'set' : 'reset'} wins`, () => {
      const bench = block(type)
      const q1 = [none, set, none, reset, none, both].map((inputs, seconds) => {
        const named = Object.fromEntries(names.map((name, index) => [name, inputs[index]]))
        return bench.at(seconds, named).q1
      })
      expect(q1).to.deep.equal([false, true, true, false, false, wins])
    })
  }
})

describe('delay', () => {
  it('gives the value of the wave before', () => {
    const bench = block('delay', { initial: 7 })
    expect([1, 2, 3].map((value, seconds) => bench.at(seconds, { value }).value)).to.deep.equal([7, 1, 2])
  })
})
