import { defineDevice, type Fields } from 'millrace/plugin'
import { complaintsAboutConfig } from './signals/check.ts'
import { examples } from './signals/examples.ts'
import { Files } from './signals/files.ts'
import { Generator } from './signals/generator.ts'
import { portsOf } from './signals/ports.ts'
import { type Given, type SignalsConfig, settings } from './signals/settings.ts'

export default defineDevice({
  type: 'signals',
  description: 'A simulated device: waves, walks, noise, steps, recordings, and setpoints with what follows them.',
  config: settings,
  outputs: ({ tags }): Fields => portsOf(tags),
  inputs: ({ tags }): Fields => portsOf(tags.filter(({ signal }) => signal === 'setpoint')),
  check: complaintsAboutConfig,
  examples,

  async connect({ config, signal, folder = '.', now = Date.now }) {
    signal.throwIfAborted()
    const files = new Files(folder)
    const wanted: SignalsConfig = config
    const generator = new Generator(wanted, { connectedAt: now(), recording: (tag) => files.recording(tag) })
    return {
      read: async () => generator.read(now()),
      async write(setpoints: Readonly<Record<string, unknown>>) {
        for (const [name, value] of Object.entries(setpoints)) generator.write(name, value as Given, now())
      },
      close: () => {},
    }
  },
})
