import type { Finding } from '../model/finding.ts'
import { checkConfig } from './check-config.ts'
import { type InstalledPlugins, refused } from './check-devices.ts'
import type { SimulatorDefinition } from './plant-definition.ts'
import { choose, fault } from './report.ts'
import type { PlantFiles } from './source-file.ts'

/** Checks each simulator against its plugin; those that fit come back with the configuration that the plugin receives. */
export function checkSimulators(
  simulators: readonly SimulatorDefinition[],
  plugins: InstalledPlugins,
  files: PlantFiles,
): { readonly definitions: readonly SimulatorDefinition[]; readonly findings: readonly Finding[] } {
  const definitions: SimulatorDefinition[] = []
  const findings: Finding[] = []
  for (const simulator of simulators) {
    const { device, file, type } = simulator
    const path = ['devices', device, 'simulator']
    const plugin = plugins.simulator(type)
    if (!plugin) {
      const refusal = plugins.refusal?.(type)
      if (refusal !== undefined) {
        findings.push(refused(file, [...path, 'type'], { type, refusal }))
        continue
      }
      const message = `no simulator of the type ${type} is installed`
      const remedy = choose(type, plugins.types('simulator'))
      findings.push(fault(file, 'plugin-unknown', [...path, 'type'], { message, remedy }))
      continue
    }
    const place = { files, file, path: [...path, 'config'], name: `simulator of ${device}` }
    const checked = checkConfig(plugin, simulator.config, place)
    findings.push(...checked.findings)
    if (checked.config) definitions.push({ ...simulator, config: checked.config })
  }
  return { definitions, findings }
}
