import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import { quietLog } from '../../src/opcua/quiet-log.ts'

describe('quiet log', () => {
  it('lets one line of a kind through in a minute, and says how many it held back', async () => {
    const clock = new VirtualClock()
    const lines: string[] = []
    const tell = quietLog((level, message) => lines.push(`${level} ${message}`), clock)
    for (const kind of ['a', 'a', 'b', 'a']) tell(kind, `line ${kind}`)
    await clock.advance(60_000)
    tell('a', 'line a')
    tell('b', 'line b')
    expect(lines).to.deep.equal(['warn line a', 'warn line b', 'warn line a (2 more like it)', 'warn line b'])
  })

  it('remembers a bounded number of kinds', () => {
    const lines: string[] = []
    const tell = quietLog((_level, message) => lines.push(message), new VirtualClock())
    for (let kind = 0; kind <= 100; kind++) tell(String(kind), `line ${kind}`)
    tell('100', 'held back')
    tell('0', 'forgotten, so told again')
    expect(lines).to.have.length(102)
    expect(lines.at(-1)).to.equal('forgotten, so told again')
  })
})
