import type { RunnablePlant } from './load-plant.ts'
import type { Clock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { Finding } from './model/finding.ts'
import type { Pipelines } from './pipeline/pipelines.ts'
import type { PartDiff, PlantDiff } from './plant-diff.ts'

/** A finding that says why a change cannot be made now, and the pipeline whose state keeps it from being made. */
export interface Refusal {
  readonly pipeline: string
  readonly finding: Finding
}

/**
 * What in the states of the pipelines keeps a change from being made (information-model 5.9, rules 3 and 4): a cyclic pipeline
 * is exchanged between two of its waves, but a run that ends by itself, or belongs to a job, keeps its definition and its devices to its end, a
 * suspended pipeline has somebody who wants to go on with it, and one that runs is not taken away.
 */
export function refusalsOf(
  diff: PlantDiff,
  before: RunnablePlant,
  { pipelines, isOfJob = () => false }: { readonly pipelines: Pipelines; isOfJob?(pipeline: string): boolean },
): readonly Refusal[] {
  const touchedDevices = new Set([...diff.reconnected, ...diff.devices.removed])
  const changed = new Set(diff.pipelines.changed)
  const removed = new Set(diff.pipelines.removed)
  return before.pipelines.flatMap(({ definition, description }): Refusal[] => {
    const { id, file } = definition
    const state = pipelines.byId(id)?.state
    if (state !== 'Running' && state !== 'Suspended') return []
    const isRun = definition.trigger.kind === 'once' || isOfJob(id)
    const device = isRun ? description.utilizes.find((each) => touchedDevices.has(each)) : undefined
    const isKept = removed.has(id) || (changed.has(id) && (isRun || state === 'Suspended'))
    if (!isKept && device === undefined) return []
    const why = isKept ? '' : `, and its run uses ${device}`
    const message = `pipeline ${id} is ${state}${why}; it cannot be ${removed.has(id) ? 'removed' : 'changed'} now`
    return [
      { pipeline: id, finding: { ...fault(file), message, remedy: 'stop it first, or wait until its run has ended' } },
    ]
  })
}

function fault(file: string): Pick<Finding, 'code' | 'severity' | 'file' | 'path' | 'line' | 'column'> {
  return { code: 'invalid-state', severity: 'error', file, path: [], line: 1, column: 1 }
}

/** A finding for a plant file that names another plant: clients know all nodes under the one that runs. */
export function otherPlant({ definition, files }: RunnablePlant, running: string): Finding {
  const file = files.files[0]?.file ?? files.folder
  const message = `the plant that runs is ${running}, and the file now says ${definition.plant}`
  const remedy = 'give it its id back, or start anew'
  return { code: 'value-invalid', severity: 'error', file, path: ['plant'], message, remedy, line: 1, column: 1 }
}

/** What a change does, for people: `pipeline fill changed; device plc2 added`. */
export function summaryOf(diff: PlantDiff): string {
  const told = (kind: string, { added, removed, changed, retyped }: PartDiff) =>
    Object.entries({ added, removed, changed: [...changed, ...retyped] }).flatMap(([what, ids]) =>
      ids.length > 0 ? [`${kind}${ids.length > 1 ? 's' : ''} ${ids.join(', ')} ${what}`] : [],
    )
  const parts = [
    ...told('equipment', { ...diff.equipment }).map((text) => text.replace(/^equipments/, 'equipment')),
    ...told('device', diff.devices),
    ...told('pipeline', diff.pipelines),
  ]
  return parts.join('; ') || 'comments or layout of files changed'
}

/** That somebody wants to use a plugin that the plant does not allow is told by an event, not only answered. */
export function tellRefusedPlugins(
  findings: readonly Finding[],
  { initiator }: { readonly initiator: string },
  { parts, clock }: { readonly parts: { tell(event: PlantEvent): void }; readonly clock: Clock },
): void {
  const refused = findings.find(({ code, severity }) => code === 'plugin-refused' && severity === 'error')
  if (!refused) return
  const { file, message } = refused
  parts.tell({ kind: 'pluginRefused', time: clock.now(), message, file, initiator })
}
