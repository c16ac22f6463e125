import { expect } from 'chai'
import { readPlant } from '../../src/config/read-plant.ts'
import { plantFolder, removePlantFolders } from './plant-folder.ts'

const read = async (unit: string, device = '') => {
  const plant = `plant: acme
equipment:
  Acme: { level: Enterprise }
  Acme/Filler: { level: WorkUnit${unit} }
devices:
  plc1: { type: modbus, equipment: Acme/Filler${device} }
`
  return readPlant(await plantFolder({ 'plant.yaml': plant }), { environment: {} })
}
const told = ({ findings }: Awaited<ReturnType<typeof read>>) =>
  findings.map(({ code, severity, path, message }) => `${severity} ${code} ${path.join('.')}: ${message}`)

const whole = `, nameplate: { manufacturer: Acme, serialNumber: '17', productInstanceUri: 'urn:acme:17', yearOfConstruction: 2026,
    monthOfConstruction: 3, initialOperationDate: '2026-04-01', location: Hall 1 }`

describe('nameplate', () => {
  after(removePlantFolders)

  it('reaches the definition of a device and of a work unit', async () => {
    const device = ", nameplate: { model: PLC, revisionCounter: 3, deviceManual: 'https://acme.example/plc' }"
    const { definition, findings } = await read(whole, device)
    expect(findings).to.deep.equal([])
    expect(definition?.equipment[1]?.nameplate).to.include({ serialNumber: '17', yearOfConstruction: 2026 })
    expect(definition?.devices[0]?.nameplate).to.deep.equal({
      model: 'PLC',
      revisionCounter: 3,
      deviceManual: 'https://acme.example/plc',
    })
  })

  it('is left out of the definition, when there is none', async () => {
    const { definition } = await read('')
    expect(definition?.equipment[1]).not.to.have.property('nameplate')
    expect(definition?.devices[0]).not.to.have.property('nameplate')
  })

  it('warns of what a work unit lacks to be listed among the machines', async () => {
    const unit = ', nameplate: { manufacturer: Acme }'
    expect(told(await read(unit))).to.deep.equal([
      'warning key-missing equipment.Acme/Filler.nameplate: the nameplate of Acme/Filler lacks serialNumber and ' +
        'productInstanceUri, so the unit is not listed among the machines',
    ])
  })

  it('belongs to work units and devices only', async () => {
    const folder = await plantFolder({
      'plant.yaml': 'plant: acme\nequipment:\n  Acme: { level: Site, nameplate: { model: Works } }\n',
    })
    const { findings } = await readPlant(folder, { environment: {} })
    expect(findings.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal(['error value-invalid'])
    expect(findings[0]?.message).to.equal(
      'Acme is a Site; only a WorkUnit, WorkCell, Unit or StorageUnit has a nameplate',
    )
  })

  it('gives each product its own URI', async () => {
    const findings = told(await read(whole, ", nameplate: { productInstanceUri: 'urn:acme:17' }"))
    expect(findings).to.deep.equal([
      'error name-duplicate devices.plc1.nameplate.productInstanceUri: Acme/Filler and plc1 have the same productInstanceUri urn:acme:17',
    ])
  })

  for (const [written, code, place] of [
    ['serialNumber: 17', 'value-invalid', 'serialNumber'],
    ['manufacturerUri: Acme', 'value-invalid', 'manufacturerUri'],
    ["manufacturer: ''", 'value-out-of-range', 'manufacturer'],
    ['revisionCounter: -1', 'value-out-of-range', 'revisionCounter'],
    ['serialnumber: x', 'key-unknown', 'serialnumber'],
    ['yearOfConstruction: 2026', 'key-unknown', 'yearOfConstruction'],
  ] as const) {
    it(`of a device refuses ${written}`, async () => {
      const findings = told(await read('', `, nameplate: { ${written} }`))
      expect(findings).to.have.lengthOf(1)
      expect(findings[0]).to.match(new RegExp(`^error ${code} devices.plc1.nameplate.${place}: `))
    })
  }

  for (const [written, code] of [
    ['monthOfConstruction: 13', 'value-out-of-range'],
    ['yearOfConstruction: 26', 'value-out-of-range'],
    ["initialOperationDate: '2026-02-30'", 'value-invalid'],
    ['deviceManual: x', 'key-unknown'],
  ] as const) {
    it(`of a work unit refuses ${written}`, async () => {
      const findings = told(await read(`${whole.replace(/yearOf.*/s, '')}${written} }`.replace(/,\s*,/, ',')))
      expect(findings.join()).to.match(new RegExp(`^error ${code} equipment.Acme/Filler.nameplate.`))
    })
  }
})
