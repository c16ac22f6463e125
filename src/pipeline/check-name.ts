import type { PipelineDefinition } from '../model/definition.ts'
import { idPattern } from '../model/tag.ts'
import type { Report } from './report.ts'

/**
 * Checks the one name space that wires name their owners in: devices, pipelines, and inside a pipeline its steps.
 */
export function checkNames(
  definitions: readonly PipelineDefinition[],
  devices: ReadonlyMap<string, unknown>,
  reportOf: (definition: PipelineDefinition) => Report,
): void {
  const fileById = new Map<string, string>()
  for (const definition of definitions) {
    const { id, file } = definition
    const report = reportOf(definition)
    checkForm('pipeline', id, ['pipeline'], report)
    if (devices.has(id)) duplicate(`pipeline ${id} has the name of a device`, ['pipeline'], report, false)
    const other = fileById.get(id)
    if (other !== undefined) duplicate(`pipeline ${id} stands in ${other} already`, ['pipeline'], report, false)
    fileById.set(id, other ?? file)
  }
  for (const definition of definitions) checkSteps(definition, { devices, fileById }, reportOf(definition))
}

function checkSteps(
  { steps, outputs }: PipelineDefinition,
  { devices, fileById }: { devices: ReadonlyMap<string, unknown>; fileById: ReadonlyMap<string, string> },
  report: Report,
): void {
  const ids = new Set<string>()
  for (const { id } of steps) {
    const path = ['steps', id]
    checkForm('step', id, path, report)
    if (devices.has(id)) duplicate(`step ${id} has the name of a device`, path, report)
    if (fileById.has(id)) duplicate(`step ${id} has the name of a pipeline`, path, report)
    if (ids.has(id)) duplicate(`step ${id} is declared twice`, path, report)
    ids.add(id)
  }
  const names = new Set<string>()
  for (const { name } of outputs) {
    checkForm('output', name, ['outputs', name], report)
    if (names.has(name)) duplicate(`output ${name} is declared twice`, ['outputs', name], report)
    names.add(name)
  }
}

function checkForm(kind: string, id: string, path: readonly string[], report: Report): void {
  if (idPattern.test(id)) return
  report.error('name-invalid', path, {
    message: `${kind} '${id}' has a name that cannot stand in a tag`,
    remedy: 'use letters, digits, _ and -, at most 32 of them',
    atKey: path.length > 1,
  })
}

function duplicate(message: string, path: readonly string[], report: Report, atKey = true): void {
  report.error('name-duplicate', path, { message, atKey })
}
