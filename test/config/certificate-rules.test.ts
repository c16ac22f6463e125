import { expect } from 'chai'
import { loadPlant } from '../../src/load-plant.ts'
import { defaultCertificateRules } from '../../src/model/certificate-rules.ts'
import { plantFolder, removePlantFolders, validPlant } from './plant-folder.ts'

const dayMs = 86_400_000

async function read(security: string) {
  const text = validPlant.replace('server: { port: 0, name: Acme }', `server:\n  port: 0\n  security:\n${security}`)
  const { definition, findings } = await loadPlant(await plantFolder({ 'plant.yaml': text }))
  const errors = findings.map(({ code, line, message, remedy }) => `${code} ${line} ${message}; ${remedy}`)
  return { rules: definition?.server.certificates, errors }
}

describe('rules for certificates in a plant file', () => {
  after(removePlantFolders)

  it('are the secure ones, when the file says nothing', async () => {
    const { rules } = await read('    unsecured: false\n')
    expect(rules).to.deep.equal(defaultCertificateRules)
    expect(rules).to.include({ acceptsOverdueLists: false })
  })

  it('are what the file chooses', async () => {
    const { rules, errors } = await read(
      '    certificate: { validFor: 1y, renewBefore: 60d }\n    overdueRevocationLists: accept\n',
    )
    expect(errors).to.deep.equal([])
    expect(rules).to.deep.equal({ validForMs: 365 * dayMs, renewBeforeMs: 60 * dayMs, acceptsOverdueLists: true })
  })

  it('are told of with line and remedy, when they cannot be', async () => {
    const { errors } = await read('    certificate:\n      validFor: 1d\n    overdueRevocationLists: maybe\n')
    expect(errors).to.deep.equal([
      'value-invalid 6 server.security.certificate.validFor is "1d"; a duration from 2d to 20y is expected; give a duration from 2d to 20y',
      'value-invalid 7 server.security.overdueRevocationLists is "maybe"; one of refuse, accept is expected; use one of: refuse, accept',
    ])
    const { errors: early } = await read('    certificate: { validFor: 20d }\n')
    expect(early).to.deep.equal([
      'value-out-of-range 5 server.security.certificate: renewBefore is 30d, but a certificate is valid for 20d; give renewBefore less than validFor',
    ])
  })
})
