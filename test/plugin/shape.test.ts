import { expect } from 'chai'
import { complaintsAboutShape, isPlugin } from '../../src/plugin/shape.ts'

describe('shape of a plugin', () => {
  it('is judged, and found wanting, also when it cannot be looked at', () => {
    const trap = (kind: string, key: string) =>
      Object.defineProperty({ kind }, key, {
        get: () => {
          throw new Error('a getter throws')
        },
      })
    const loop: { kind?: unknown } = {}
    loop.kind = loop
    for (const candidate of [trap('function', 'type'), trap('device', 'outputs'), { kind: 1n }, loop]) {
      expect(isPlugin(candidate)).to.equal(false)
      expect(complaintsAboutShape(candidate)).to.have.length(1)
      expect(complaintsAboutShape(candidate)[0]).to.match(/^it cannot be looked at: ./)
    }
  })
})
