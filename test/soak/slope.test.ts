import { expect } from 'chai'
import { lineThrough, lowest } from './slope.ts'

describe('growth of a heap', () => {
  it('is the slope of what is left after each collection, whatever lies above it', () => {
    const points = Array.from({ length: 600 }, (_point, index): readonly [number, number] => [
      index * 500,
      1000 + index * 2 + (index % 10) * 50,
    ])
    const { slope, scatter } = lineThrough(lowest(points, 5000))
    expect(slope * 500).to.be.closeTo(2, 0.01)
    expect(scatter).to.be.below(1)
  })

  it('is none where values only scatter', () => {
    const points = Array.from({ length: 100 }, (_point, index): readonly [number, number] => [
      index,
      (index * 7919) % 101,
    ])
    const { slope, scatter } = lineThrough(points)
    expect(Math.abs(slope) * 100).to.be.below(scatter)
  })
})
