import type { PipelineDefinition, Source, StepDefinition } from '../model/definition.ts'
import type { Dependency } from './graph.ts'
import type { Path } from './report.ts'

/** A source as written, and where it stands in the file. */
export interface PlacedSource {
  readonly source: Source
  readonly path: Path
}

/** The type of the step that hands on the value of the wave before, and so breaks loops. */
const delayType = 'delay'

/** The delays of a pipeline. When every step runs once there is no wave before, and a delay waits like any other step. */
function delaysOf({ trigger, steps }: PipelineDefinition): ReadonlySet<string> {
  const delays = steps.filter((step) => step.kind === 'function' && step.function === delayType)
  return new Set(trigger.kind === 'once' ? [] : delays.map(({ id }) => id))
}

/** Every source of a step: its inputs, and what its completion is compared with. */
export function sourcesOfStep(step: StepDefinition): readonly PlacedSource[] {
  return [
    ...Object.entries(step.in).map(([name, source]) => ({ source, path: ['steps', step.id, 'in', name] })),
    ...step.until.map(({ port, is, source }) => ({ source, path: ['steps', step.id, 'until', port, is] })),
  ]
}

/** Every source of a pipeline, in the order of the file. */
export function sourcesOf(definition: PipelineDefinition): readonly PlacedSource[] {
  return [
    ...definition.steps.flatMap(sourcesOfStep),
    ...definition.outputs.map(({ name, from }) => ({ source: from, path: ['outputs', name, 'from'] })),
    ...definition.writes.map(({ owner, port, from }) => ({
      source: from,
      path: ['writes', `${owner}.${port}`, 'from'],
    })),
  ]
}

/** What the steps of a pipeline wait for: wires and `after`. A wire out of a `delay` is none. */
export function stepDependencies(definition: PipelineDefinition): readonly Dependency[] {
  const delays = delaysOf(definition)
  return definition.steps.flatMap((step) => [
    ...sourcesOfStep(step).flatMap(({ source, path }) =>
      source.kind === 'wire' && !delays.has(source.owner) && !isOwnCompletion(step, source, path)
        ? [{ from: source.owner, to: step.id, path }]
        : [],
    ),
    ...step.after.map((from, index) => ({ from, to: step.id, path: ['steps', step.id, 'after', index] })),
  ])
}

/** A step's completion may be compared with another of its own outputs. */
function isOwnCompletion(step: StepDefinition, source: Source, path: Path): boolean {
  return source.kind === 'wire' && source.owner === step.id && path[2] === 'until'
}

/** That a `delay` is computed after all that read it, so that they see the wave before wherever they stand in the file. */
export function delayDependencies(definition: PipelineDefinition): readonly Dependency[] {
  const delays = delaysOf(definition)
  return definition.steps.flatMap((step) =>
    sourcesOfStep(step).flatMap(({ source, path }) =>
      source.kind === 'wire' && source.owner !== step.id && delays.has(source.owner)
        ? [{ from: step.id, to: source.owner, path }]
        : [],
    ),
  )
}

/** Which pipelines read outputs of which others. */
export function pipelineDependencies(definitions: readonly PipelineDefinition[]): readonly Dependency[] {
  const ids = new Set(definitions.map(({ id }) => id))
  return definitions.flatMap((definition) => {
    const steps = new Set(definition.steps.map(({ id }) => id))
    return sourcesOf(definition).flatMap(({ source, path }) => {
      if (source.kind !== 'wire' || steps.has(source.owner) || source.owner === definition.id) return []
      return ids.has(source.owner) ? [{ from: source.owner, to: definition.id, path }] : []
    })
  })
}
