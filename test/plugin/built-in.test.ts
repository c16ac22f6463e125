import { join } from 'node:path'
import { expect } from 'chai'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { complaintsAbout } from '../../src/plugin/testing.ts'

/** Configurations for plugins whose fields alone do not tell one that works. */
const configs: Readonly<Record<string, unknown>> = {
  HYSTERESIS: { low: 1, high: 2 },
  expression: { expression: 'a > 1 ? a + b : b' },
}

const { catalogue, findings } = await loadCatalogue({ builtIn: join(import.meta.dirname, '../../plugins') })

describe('built-in plugins', () => {
  it('load without a finding', () => {
    expect(findings).to.deep.equal([])
    expect(catalogue.types('step').length).to.be.greaterThan(50)
    expect(catalogue.types('device')).to.include('modbus')
  })

  for (const { plugin, origin } of catalogue.entries) {
    it(`conform to the interface: ${plugin.type}`, async () => {
      const config = configs[plugin.type]
      expect(await complaintsAbout(plugin, config === undefined ? {} : { config }), origin).to.deep.equal([])
    })
  }
})
