import { expect } from 'chai'
import { Outlet } from '../../src/rx/outlet.ts'

describe('Outlet', () => {
  it('tells every subscriber of the first value before the second, also when the first causes the second', () => {
    const outlet = new Outlet<number>()
    const told: string[] = []
    outlet.values$.subscribe((value) => {
      told.push(`a${value}`)
      if (value === 1) outlet.next(2)
    })
    outlet.values$.subscribe((value) => told.push(`b${value}`))
    outlet.next(1)
    outlet.next(3)
    expect(told).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
  })

  it('completes', () => {
    const outlet = new Outlet<number>()
    let isComplete = false
    outlet.values$.subscribe({ complete: () => (isComplete = true) })
    outlet.complete()
    expect(isComplete).to.equal(true)
  })
})
