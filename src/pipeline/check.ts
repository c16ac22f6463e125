import type { PipelineDefinition } from '../model/definition.ts'
import type { Finding } from '../model/finding.ts'
import type { Port } from '../model/port.ts'
import { checkFinally } from './check-finally.ts'
import { checkNames } from './check-name.ts'
import { checkOutput, checkWrite } from './check-output.ts'
import { checkParameters } from './check-parameter.ts'
import { checkAfter, checkStep } from './check-step.ts'
import { checkTrigger, warnOfUntil, warnOfUnused } from './check-trigger.ts'
import type { CheckedPipeline, CheckedStep } from './checked.ts'
import { delayDependencies, pipelineDependencies, stepDependencies } from './dependency.ts'
import { describePipeline } from './description.ts'
import { type Loop, loopsOf, orderOf } from './graph.ts'
import { Report } from './report.ts'
import { Scope } from './scope.ts'
import { type StepShape, type Surroundings, shapeOf } from './step-shape.ts'

export type { Surroundings } from './step-shape.ts'

/** What came of checking: everything that was found, and the pipelines that may run. */
export interface CheckResult {
  readonly findings: readonly Finding[]
  /** In an order in which each comes after the pipelines whose outputs it reads. */
  readonly pipelines: readonly CheckedPipeline[]
}

/** What is known of all pipelines while they are checked one after the other. */
interface Progress {
  readonly surroundings: Surroundings
  readonly definitions: readonly PipelineDefinition[]
  readonly outputs: Map<string, readonly Port[] | undefined>
  readonly writers: Map<string, string>
}

/**
 * Checks all pipelines of a plant before anything runs, and tells everything that is wrong at once.
 *
 * A pipeline with an error is not among the results, nor one that reads the outputs of such a pipeline.
 */
export function checkPipelines(definitions: readonly PipelineDefinition[], surroundings: Surroundings): CheckResult {
  const reports = new Map(definitions.map((definition) => [definition, new Report(definition.file)]))
  const reportOf = (definition: PipelineDefinition): Report => reports.get(definition) as Report
  const dependencies = pipelineDependencies(definitions)
  const ids = [...new Set(definitions.map(({ id }) => id))]
  const loops = loopsOf(ids, dependencies)
  for (const loop of loops) reportPipelineLoop(loop, definitions, reportOf)
  checkNames(definitions, surroundings.devices, reportOf)
  const progress: Progress = {
    surroundings,
    definitions,
    outputs: new Map(ids.map((id) => [id, undefined])),
    writers: new Map(),
  }
  const order = orderOf(ids, dependencies) ?? ids
  const checked = order
    .flatMap((id) => definitions.filter((definition) => definition.id === id))
    .map((definition) => ({ definition, pipeline: checkPipeline(definition, progress, reportOf(definition)) }))
  const failed = new Set(definitions.filter((each) => reportOf(each).hasError).map(({ id }) => id))
  const pipelines: CheckedPipeline[] = []
  for (const { definition, pipeline } of checked) {
    const isFed = dependencies.every(({ from, to }) => to !== definition.id || !failed.has(from))
    if (pipeline && isFed && !failed.has(definition.id)) pipelines.push(pipeline)
    else failed.add(definition.id)
  }
  return { findings: definitions.flatMap((definition) => reportOf(definition).findings), pipelines }
}

function reportPipelineLoop(
  { members, path }: Loop,
  definitions: readonly PipelineDefinition[],
  reportOf: (definition: PipelineDefinition) => Report,
): void {
  const definition = definitions.find(({ id }) => id === members[0])
  if (!definition) return
  reportOf(definition).error('steps-loop', path, {
    message: `pipelines wait for each other: ${members.join(', ')}`,
    remedy: 'join them into one pipeline, and break the loop with a delay step',
  })
}

function checkPipeline(
  definition: PipelineDefinition,
  progress: Progress,
  report: Report,
): CheckedPipeline | undefined {
  const { surroundings, outputs: pipelines, writers } = progress
  const { devices } = surroundings
  const shapes = new Map<string, StepShape | undefined>()
  for (const step of definition.steps) shapes.set(step.id, shapeOf(step, ['steps', step.id], surroundings, report))
  const scope = new Scope({ definition, shapes, devices, pipelines }, report)
  checkParameters(definition.parameters, report)
  checkTrigger(definition, report)
  warnOfUntil(definition, report)
  const steps = checkSteps(definition, scope, report)
  const outputs = definition.outputs.flatMap((output) => checkOutput(output, scope, report) ?? [])
  const writes = definition.writes.flatMap((write) => checkWrite(write, scope, writers, report) ?? [])
  const last = definition.finally.flatMap(
    (step, index) => checkFinally(step, index, { scope, surroundings, report }) ?? [],
  )
  if (outputs.length === definition.outputs.length)
    pipelines.set(
      definition.id,
      outputs.map(({ port }) => port),
    )
  if (report.hasError) return undefined
  warnOfUnused(definition, steps, report)
  const checked = { steps, outputs, writes, finally: last }
  return { definition, description: describePipeline(definition, checked, (owner) => devices.has(owner)), ...checked }
}

/** Checks all steps and puts them in the order in which they are computed. */
function checkSteps(definition: PipelineDefinition, scope: Scope, report: Report): readonly CheckedStep[] {
  const ids = [...new Set(definition.steps.map(({ id }) => id))]
  const dependencies = stepDependencies(definition)
  for (const { members, path } of loopsOf(ids, dependencies)) {
    const [only, ...others] = members
    report.error('steps-loop', path, {
      message: others.length > 0 ? `steps wait for each other: ${members.join(', ')}` : `step ${only} waits for itself`,
    })
  }
  const checked = new Map<string, CheckedStep>()
  for (const step of definition.steps) {
    checkAfter(step, ids, report)
    const shape = scope.names.shapes.get(step.id)
    if (shape) checked.set(step.id, checkStep(shape, scope, report))
  }
  const order = orderOf(ids, [...dependencies, ...delayDependencies(definition)]) ?? orderOf(ids, dependencies) ?? ids
  return order.flatMap((id) => checked.get(id) ?? [])
}
