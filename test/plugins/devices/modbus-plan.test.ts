import { expect } from 'chai'
import fc from 'fast-check'
import { type Block, blocksOf, split } from '../../../plugins/devices/modbus/blocks.ts'
import { Doubt } from '../../../plugins/devices/modbus/doubt.ts'
import { isBitTable, lengthOf, type Register } from '../../../plugins/devices/modbus/registers.ts'
import { type Turn, Turns, writesInARowMax } from '../../../plugins/devices/modbus/turns.ts'
import { register } from './modbus-kit.ts'

const limits = { gap: 8, registersMax: 125, bitsMax: 2000 }
const at = (address: number, type = 'uint16'): Register => register({ name: `r${address}`, address, type })

const someRegister = fc
  .record({
    kind: fc.constantFrom('holding', 'input', 'coil', 'discrete'),
    address: fc.nat(3000),
    type: fc.constantFrom('uint16', 'float32', 'int64'),
    count: fc.integer({ min: 1, max: 5 }),
  })
  .map((written) => register(written))

describe('modbus: blocks', () => {
  it('join neighbours into one request and keep to the limit of 125 registers', () => {
    const lengths = (entries: Register[]): number[] => blocksOf(entries, limits).map(({ length }) => length)
    expect(lengths([at(4), at(0, 'float32'), at(2)])).to.deep.equal([5])
    expect(lengths([at(0), at(10)])).to.deep.equal([1, 1])
    expect(lengths([at(0), at(9)])).to.deep.equal([10])
    expect(lengths(Array.from({ length: 130 }, (_, index) => at(index)))).to.deep.equal([125, 5])
    expect(lengths([at(124, 'float32'), at(0), ...Array.from({ length: 20 }, (_, i) => at(6 * i + 3))])).to.deep.equal([
      118, 2,
    ])
  })

  it('cover every register exactly once, within the limits, and never two tables', () => {
    const some = fc.array(someRegister, { maxLength: 80 })
    const someLimits = fc.record({
      gap: fc.nat(40),
      registersMax: fc.integer({ min: 20, max: 125 }),
      bitsMax: fc.integer({ min: 5, max: 2000 }),
    })
    fc.assert(
      fc.property(some, someLimits, (registers, within) => {
        const blocks = blocksOf(registers, within)
        expectSame(
          blocks.flatMap((block) => block.registers),
          registers,
        )
        for (const block of blocks) expectWhole(block, within)
      }),
    )
  })

  it('are split into smaller ones that cover the same, down to single registers', () => {
    fc.assert(
      fc.property(fc.array(someRegister, { minLength: 1, maxLength: 40 }), (registers) => {
        for (const block of blocksOf(registers, { ...limits, gap: 100 })) {
          const pending = [block]
          const singles: Register[] = []
          for (let next = pending.pop(); next; next = pending.pop()) {
            const parts = split(next)
            if (parts.length === 0) singles.push(...next.registers)
            for (const part of parts) {
              expect(part.registers.length).to.be.lessThan(next.registers.length)
              expect(part.length).to.be.at.most(next.length)
            }
            pending.push(...parts)
          }
          expectSame(singles, block.registers)
        }
      }),
    )
  })

  it('lose their unused addresses first when they are split', () => {
    const [block] = blocksOf([at(0), at(1), at(5), at(6)], limits)
    expect(split(block as Block).map(({ address, length }) => [address, length])).to.deep.equal([
      [0, 2],
      [5, 2],
    ])
  })
})

/** The very same objects, each once, in whatever order. */
function expectSame(some: readonly Register[], others: readonly Register[]): void {
  expect(some).to.have.length(others.length)
  const all = new Set(some)
  expect(others.every((each) => all.has(each))).to.equal(true)
}

function expectWhole(block: Block, { gap, registersMax, bitsMax }: typeof limits): void {
  const ends = block.registers.map((each) => each.address + lengthOf(each))
  expect(block.address).to.equal(Math.min(...block.registers.map(({ address }) => address)))
  expect(block.address + block.length).to.equal(Math.max(...ends))
  expect(block.length).to.be.at.most(isBitTable(block) ? bitsMax : registersMax)
  expect(new Set(block.registers.map(({ kind }) => kind)).size).to.equal(1)
  block.registers.slice(1).forEach(({ address }, index) => {
    expect(address - Math.max(...ends.slice(0, index + 1))).to.be.at.most(gap)
  })
}

describe('modbus: turns on a bus', () => {
  const someTurns = fc.array(fc.record({ unit: fc.integer({ min: 1, max: 6 }), isWrite: fc.boolean() }), {
    maxLength: 120,
  })

  it('give everybody a turn, each unit in its own order', () => {
    fc.assert(
      fc.property(someTurns, (wanted) => {
        const turns = new Turns<Turn & { order: number }>()
        wanted.forEach((turn, order) => {
          turns.add({ ...turn, order })
        })
        const taken: (Turn & { order: number })[] = []
        for (let next = turns.next(); next; next = turns.next()) taken.push(next)
        expect(taken.map(({ order }) => order).sort((a, b) => a - b)).to.deep.equal(wanted.map((_, order) => order))
        for (const [, same] of Map.groupBy(taken, ({ unit, isWrite }) => `${unit} ${isWrite}`)) {
          const orders = same.map(({ order }) => order)
          expect(orders).to.deep.equal(orders.toSorted((a, b) => a - b))
        }
      }),
    )
  })

  it('let no unit wait for more than one request of each other, and no read for more than a few writes', () => {
    fc.assert(
      fc.property(someTurns, fc.integer({ min: 1, max: 6 }), (flood, unit) => {
        const turns = new Turns<Turn & { isMine?: boolean }>()
        for (const turn of flood) turns.add(turn)
        const others = flood.filter((turn) => turn.unit !== unit).map((turn) => ({ ...turn, isWrite: false }))
        const before = flood.filter((turn) => turn.unit === unit && !turn.isWrite).length
        turns.add({ unit, isWrite: false, isMine: true })
        let reads = 0
        let writes = 0
        for (let next = turns.next(); next && !next.isMine; next = turns.next()) {
          if (next.isWrite) writes++
          else reads++
          // The flood goes on: whoever was served wants more.
          if (next.unit !== unit) turns.add(next)
          if (reads + writes > 5000) break
        }
        const units = new Set(others.map((turn) => turn.unit)).size
        expect(reads).to.be.at.most((before + 1) * (units + 1))
        expect(writes).to.be.at.most((reads + 1) * writesInARowMax)
      }),
    )
  })

  it('put writes first', () => {
    const turns = new Turns<Turn>()
    for (const unit of [1, 2]) turns.add({ unit, isWrite: false })
    turns.add({ unit: 3, isWrite: true })
    expect([turns.next(), turns.next(), turns.next(), turns.next()].map((turn) => turn?.unit)).to.deep.equal([
      3,
      1,
      2,
      undefined,
    ])
  })

  it('take back what is not wanted any more', () => {
    fc.assert(
      fc.property(someTurns, fc.integer({ min: 1, max: 6 }), (wanted, unit) => {
        const turns = new Turns<Turn>()
        for (const turn of wanted) turns.add(turn)
        expect(turns.remove((turn) => turn.unit === unit)).to.have.length(
          turns.lengthOf(unit) + wanted.filter((turn) => turn.unit === unit).length,
        )
        expect(turns.length).to.equal(wanted.filter((turn) => turn.unit !== unit).length)
      }),
    )
  })
})

describe('modbus: doubt after a request without an answer', () => {
  const request = (code: number, address: number, count: number) =>
    Buffer.from([7, code, address >> 8, address & 255, count >> 8, count & 255])

  it('asks what has an answer of another length, each time', () => {
    const some = fc.record({
      code: fc.integer({ min: 1, max: 4 }),
      address: fc.nat(65_000),
      count: fc.integer({ min: 1, max: 125 }),
    })
    fc.assert(
      fc.property(some, ({ code, address, count }) => {
        const size = (n: number) => (code < 3 ? Math.ceil(n / 8) : n)
        const doubt = new Doubt(request(code, address, count), 0)
        const sizes = [size(count)]
        for (let probe = 0; probe < 20; probe++) {
          const next = doubt.next()
          expect(next.functionCode).to.equal(code)
          expect(next.address + next.count).to.be.at.most(65_536)
          sizes.push(size(next.count))
        }
        expect(new Set(sizes).size).to.equal(sizes.length)
      }),
    )
  })

  it('asks a read after a write', () => {
    expect(new Doubt(request(6, 9, 1), 0).next()).to.deep.equal({ functionCode: 3, address: 9, count: 1 })
    expect(new Doubt(request(5, 9, 0xff00), 0).next()).to.include({ functionCode: 1, address: 9 })
    expect(new Doubt(request(16, 9, 2), 0).isExceptionAmbiguous).to.equal(false)
    expect(new Doubt(request(3, 9, 2), 0).isExceptionAmbiguous).to.equal(true)
  })
})
