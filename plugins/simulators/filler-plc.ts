import { defineSimulator, uint8, uint16, uint32 } from 'millrace/plugin'
import { startFillerPlc } from './filler-plc/server.ts'

export default defineSimulator({
  type: 'filler-plc',
  description: 'A filler: a tank with pump, valve and heater behind a Modbus TCP server on loopback.',
  config: {
    seed: uint32({ default: 1, description: 'Seed of the noise: the same seed gives the same run.' }),
    port: uint16({ default: 0, description: 'TCP port; 0 picks a free one.' }),
    unitId: uint8({ default: 1, max: 247, description: 'Unit identifier that answers.' }),
  },

  async start({ seed, port, unitId }) {
    const plc = await startFillerPlc({ seed, port, unitId })
    return { overrides: { host: '127.0.0.1', port: plc.port, unitId }, stop: plc.stop }
  },
})
