import type { DeviceDefinition, PipelineDefinition } from '../model/definition.ts'
import type { Finding } from '../model/finding.ts'
import { fault } from './report.ts'

/**
 * Checks the one name space of what wires may name: devices and pipelines in the whole plant, and in each pipeline its own
 * steps besides. Whoever comes later, in the order of the files, has to give way.
 */
export function checkNames(
  devices: readonly DeviceDefinition[],
  pipelines: readonly PipelineDefinition[],
): readonly Finding[] {
  const deviceIds = new Set(devices.map(({ id }) => id))
  const fileByPipeline = new Map<string, string>()
  const findings: Finding[] = []
  for (const { id, file } of pipelines) {
    const other = fileByPipeline.get(id)
    const taken = deviceIds.has(id)
      ? `a device is called ${id} too`
      : other && `the pipeline of ${other} is called ${id} too`
    if (taken) findings.push(fault(file, 'name-duplicate', ['pipeline'], { message: taken }))
    if (other === undefined) fileByPipeline.set(id, file)
  }
  for (const { file, steps } of pipelines) {
    for (const { id } of steps) {
      const owner = deviceIds.has(id) ? 'a device' : fileByPipeline.has(id) ? 'a pipeline' : undefined
      if (!owner) continue
      const message = `${owner} is called ${id} too, so a wire from ${id} could mean either`
      findings.push(fault(file, 'name-duplicate', ['steps', id], { message, atKey: true, remedy: 'rename the step' }))
    }
  }
  return findings
}
