import { expect } from 'chai'
import { type Resources, readResources, softLimitOf } from '../../src/health/resources.ts'
import { plenty, scarcityOf, scarcityText } from '../../src/health/scarcity.ts'

const look = (changed: Partial<Resources>): Resources => ({
  ...{ handles: 100, handlesMax: 1024, heap: 10, heapMax: 100, memory: 20 },
  ...changed,
})

describe('scarcity', () => {
  it('begins when fewer handles are free than are reserved, and ends when half as many again are', () => {
    const scarce = scarcityOf(plenty, [look({ handles: 961 })])
    expect(scarce.handles).to.equal(true)
    expect(scarcityOf(plenty, [look({ handles: 960 })]).handles).to.equal(false)
    expect(scarcityOf(scarce, [look({ handles: 940 })]).handles).to.equal(true)
    expect(scarcityOf(scarce, [look({ handles: 920 })]).handles).to.equal(false)
  })

  it('reserves a quarter of a small limit', () => {
    expect(scarcityOf(plenty, [look({ handles: 70, handlesMax: 96 })]).handles).to.equal(false)
    expect(scarcityOf(plenty, [look({ handles: 73, handlesMax: 96 })]).handles).to.equal(true)
  })

  it('knows nothing of handles where the system does not tell', () => {
    expect(scarcityOf(plenty, [look({ handles: undefined })])).to.deep.equal(plenty)
  })

  it('takes the heap for scarce only when all looks agree, and for enough only when all do', () => {
    const full = look({ heap: 90 })
    const scarce = scarcityOf(plenty, [full, full, full])
    expect(scarce.heap).to.equal(true)
    expect(scarcityOf(plenty, [full, look({ heap: 50 }), full]).heap).to.equal(false)
    expect(scarcityOf(scarce, [look({ heap: 50 }), full, look({ heap: 50 })]).heap).to.equal(true)
    expect(scarcityOf(scarce, [look({}), look({}), look({})]).heap).to.equal(false)
  })

  it('stays as it was while there are no looks', () => {
    expect(scarcityOf({ handles: true, heap: true }, [])).to.deep.equal({ handles: true, heap: true })
  })

  it('says what is scarce, how much of it there is, and what to do', () => {
    expect(scarcityText(plenty, look({}))).to.equal('')
    const text = scarcityText({ handles: true, heap: true }, look({ heapMax: 512 * 1024 * 1024 }))
    expect(text).to.include('1024 file handles').and.include('ulimit -n').and.include('512 MiB')
  })
})

describe('resources', () => {
  it('are those of this process', () => {
    const { handles, handlesMax, heap, heapMax, memory } = readResources()
    expect(heap).to.be.greaterThan(1_000_000).and.below(heapMax)
    expect(memory).to.be.greaterThan(heap)
    if (process.platform !== 'linux') return
    expect(handles).to.be.greaterThan(2)
    expect(handlesMax).to.be.greaterThan(handles ?? 0)
  })

  it('have no limit of handles where the system sets none', () => {
    expect(softLimitOf('Max open files            unlimited            unlimited            files')).to.equal(undefined)
    expect(softLimitOf('Max open files            1024                 4096                 files')).to.equal(1024)
  })
})
