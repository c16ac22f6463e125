import { expect } from 'chai'
import { loadPlant } from '../../src/load-plant.ts'
import { plantFolder, removePlantFolders, validPlant } from './plant-folder.ts'

/** The device entry of the valid plant, with more in it, and a register that is written and read. */
const plantWith = (lines: string, top = '') =>
  `${top}${validPlant.replace('    breaker: { failures: 5, reset: 30s }\n', lines).replace('access: write', 'access: readWrite')}`

async function read(text: string) {
  const { definition, findings } = await loadPlant(await plantFolder({ 'plant.yaml': text }))
  const errors = findings.map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`)
  return { device: definition?.devices[0], errors }
}

describe('supervision in a plant file', () => {
  after(removePlantFolders)

  it('has no breaker, no verification and no faults unless they are asked for', async () => {
    const { device, errors } = await read(plantWith(''))
    expect(errors).to.deep.equal([])
    expect(device).to.not.have.any.keys('breaker', 'verify', 'allowsFaults')
  })

  it('takes probes of a breaker, one when there are none', async () => {
    const { device } = await read(plantWith('    breaker: { failures: 2, reset: 10s, probes: 3 }\n'))
    expect(device?.breaker).to.deep.equal({ failures: 2, resetMs: 10_000, probes: 3 })
    const other = await read(plantWith('    breaker: { failures: 2, reset: 10s }\n'))
    expect(other.device?.breaker?.probes).to.equal(1)
    const none = await read(plantWith('    breaker: { failures: 2, reset: 10s, probes: 0 }\n'))
    expect(none.errors[0]).to.match(/^value-out-of-range devices.plc1.breaker.probes/)
  })

  it('takes verification in all its forms', async () => {
    const verifyOf = async (text: string) => (await read(plantWith(`    verify: ${text}\n`))).device?.verify
    expect(await verifyOf('true')).to.deep.equal({ withinMs: 1000, tolerance: 0 })
    expect(await verifyOf('false')).to.equal(undefined)
    expect(await verifyOf('{ within: 3s, tolerance: 0.1 }')).to.deep.equal({ withinMs: 3000, tolerance: 0.1 })
    expect(await verifyOf('{ within: 3s, tags: { valve: { tolerance: 2 } } }')).to.deep.equal({
      ...{ withinMs: 3000, tolerance: 0, tags: { valve: { withinMs: 3000, tolerance: 2 } } },
    })
  })

  it('tells what is wrong with a verification, at its place', async () => {
    const wrong = async (text: string) => (await read(plantWith(`    verify: ${text}\n`))).errors
    expect((await wrong('{ tolerance: -1 }'))[0]).to.match(/^value-out-of-range devices.plc1.verify/)
    expect((await wrong('{ within: 0s }'))[0]).to.match(/devices.plc1.verify/)
    expect((await wrong('{ within: 61s }'))[0]).to.match(/devices.plc1.verify.within.*at most 60s/)
    expect((await wrong('often'))[0]).to.match(/^value-invalid devices.plc1.verify/)
    expect(await wrong('{ tags: { level: {}, vlave: {} } }')).to.deep.equal([
      'value-invalid devices.plc1.verify.tags.level: plc1.level is not both written and read, so its writes cannot be verified',
      'value-invalid devices.plc1.verify.tags.vlave: plc1.vlave is not both written and read, so its writes cannot be verified',
    ])
    const unread = plantWith('    verify: true\n').replace('access: readWrite', 'access: write')
    expect((await read(unread)).errors).to.deep.equal([
      'value-invalid devices.plc1.verify: plc1 has no tag that is both written and read, so no write can be verified',
    ])
  })

  it('allows faults for the plant or for a device, which has the last word', async () => {
    const allows = async (lines: string, top = '') => (await read(plantWith(lines, top))).device?.allowsFaults
    expect(await allows('    faults: allow\n')).to.equal(true)
    expect(await allows('', 'faults: allow\n')).to.equal(true)
    expect(await allows('    faults: forbid\n', 'faults: allow\n')).to.equal(undefined)
    expect(await allows('    faults: allow\n', 'faults: forbid\n')).to.equal(true)
    expect((await read(plantWith('    faults: yes\n'))).errors[0]).to.match(/^value-invalid devices.plc1.faults/)
  })
})
