import { expect } from 'chai'
import { tagSample } from '../../history/kit.ts'
import { recorded } from '../recorded-terminal.ts'
import { type KeptPlant, keptPlant } from './kit.ts'

const epoch = Date.UTC(2026, 0, 1)

describe('history list', () => {
  let plant: KeptPlant

  beforeEach(async () => {
    plant = await keptPlant()
  })
  afterEach(() => plant.remove())

  const run = (...args: string[]) => recorded(['history', 'list', plant.folder, ...args])

  it('tells the tags, their types, and what there is of them, while the history is being written', async () => {
    await plant.store.declare([
      { tag: 'fill.volume', dataType: 'Double' },
      { tag: 'fill.label', dataType: 'String' },
    ])
    await plant.store.append(Array.from({ length: 1000 }, (_, index) => tagSample('fill.volume', epoch + index, index)))
    await plant.store.append([tagSample('other', epoch + 0.5, 1), tagSample('fill.volume', epoch - 1000, 1)])
    const { code, out, err } = await run()
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out.replaceAll(/\d+(\.\d)? k?B$/gm, '# B').split('\n')).to.deep.equal([
      'tag          type    first                      last                       samples  bytes',
      'fill.label   String  -                          -                          0        # B',
      'fill.volume  Double  2025-12-31T23:59:59.000Z   2026-01-01T00:00:00.999Z   1001     # B',
      'other        -       2026-01-01T00:00:00.0005Z  2026-01-01T00:00:00.0005Z  1        # B',
      '',
    ])
  })

  it('tells it to machines', async () => {
    await plant.store.declare([{ tag: 'none', dataType: 'Int64' }])
    await plant.store.append(Array.from({ length: 600 }, (_, index) => tagSample('a', epoch + index, index)))
    const [a, none] = JSON.parse((await run('--json')).out) as Record<string, unknown>[]
    expect(a).to.deep.include({ tag: 'a', type: null, first: '2026-01-01T00:00:00.000Z', samples: 600 })
    expect(a?.last).to.equal('2026-01-01T00:00:00.599Z')
    expect(a?.bytes).to.be.a('number').that.is.greaterThan(0)
    expect(none).to.deep.equal({ tag: 'none', type: 'Int64', first: null, last: null, samples: 0, bytes: 0 })
  })

  it('says that there is nothing', async () => {
    expect(await run()).to.deep.equal({ code: 0, out: 'no tag has a history\n', err: '' })
    expect((await run('--json')).out).to.equal('[]\n')
    expect((await recorded(['history', 'list', '/nowhere'])).code).to.equal(69)
  })
})
