import { expect } from 'chai'
import { Head, Room } from '../../../src/history/store/head.ts'
import type { Value } from '../../../src/model/value.ts'
import { entriesOf } from '../kit.ts'

function fill(head: Head, from: number, to: number, made: (index: number) => Value = (index) => index): void {
  for (let index = from; index < to; index++) head.push(index, index % 3, made(index), 0)
  head.commit()
}

function valuesOf(head: Head): Value[] {
  return entriesOf(head.visible()).map(({ value }) => value)
}

describe('the head of a tag', () => {
  it('shows what is committed, and takes back what is not', () => {
    const head = new Head()
    fill(head, 0, 20)
    head.push(20, 0, 20, 0)
    expect([head.count, valuesOf(head).length]).to.deep.equal([21, 20])
    head.rollback()
    expect(head.count).to.equal(20)
  })

  it('keeps what it has when room is made, whatever its values are', () => {
    for (const made of [(index: number) => index, (index: number) => (index % 2 === 0 ? `${index}` : index)]) {
      const head = new Head()
      fill(head, 0, 10, made)
      head.reserve(100, new Room())
      head.reserve(5)
      fill(head, 10, 300, made)
      expect(valuesOf(head)).to.deep.equal(Array.from({ length: 300 }, (_, index) => made(index)))
      expect(entriesOf(head.visible()).every(({ time, status }) => status === time % 3)).to.equal(true)
    }
  })

  it('shares room with others without disturbing them, also beyond one piece', () => {
    const room = new Room()
    const sizes = [1, 9, 75, 511, 33, 100_000, 7, 60_000, 13]
    const heads = sizes.map((size) => {
      const head = new Head()
      head.reserve(size, room)
      return head
    })
    for (const [number, head] of heads.entries()) fill(head, 0, sizes[number] as number, (index) => index + number / 10)
    for (const [number, head] of heads.entries()) {
      expect(valuesOf(head)).to.deep.equal(
        Array.from({ length: sizes[number] as number }, (_, index) => index + number / 10),
      )
    }
  })
})
