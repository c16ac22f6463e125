import { join } from 'node:path'
import { expect } from 'chai'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { complaintsAbout } from '../../src/plugin/testing.ts'

/** Configurations for plugins whose fields alone do not tell one that works. */
const configs: Readonly<Record<string, unknown>> = {
  HYSTERESIS: { low: 1, high: 2 },
  modbus: { host: '127.0.0.1', registers: [{ name: 'level', address: 0 }] },
  'serial-line': { path: '/dev/ttyUSB0', messages: [{ pattern: '(?<level>.*)', fields: [{ name: 'level' }] }] },
  signals: { tags: [{ name: 'level' }] },
  expression: { expression: 'a > 1 ? a + b : b' },
  opcua: { url: 'opc.tcp://192.168.0.10:4840', tags: [{ name: 'level', node: 'ns=2;s=Level' }] },
}

const { catalogue, findings } = await loadCatalogue({ builtIn: join(import.meta.dirname, '../../plugins') })

describe('built-in plugins', () => {
  it('load without a finding', () => {
    expect(findings).to.deep.equal([])
    expect(catalogue.types('step').length).to.be.greaterThan(50)
    expect(catalogue.types('device')).to.include.members(['modbus', 'opcua'])
  })

  for (const { plugin, origin } of catalogue.entries) {
    it(`conform to the interface: ${plugin.type}`, async () => {
      const config = configs[plugin.type]
      expect(await complaintsAbout(plugin, config === undefined ? {} : { config }), origin).to.deep.equal([])
    })
  }

  it('conform while they are connected: modbus to the simulated PLC', async () => {
    const simulation = await catalogue.simulator('filler-plc')?.start({ seed: 1, port: 0, unitId: 1 })
    const registers = [
      { name: 'level', kind: 'input', address: 0, type: 'float32', unit: 'l' },
      { name: 'pumpEnabled', kind: 'coil', address: 0, access: 'readWrite' },
    ]
    const config = { ...simulation?.overrides, registers }
    expect(await complaintsAbout(catalogue.device('modbus'), { config, connect: true })).to.deep.equal([])
    await simulation?.stop()
  })
})
