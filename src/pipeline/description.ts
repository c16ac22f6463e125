import type { PipelineDefinition } from '../model/definition.ts'
import type { InputSource, PipelineDescription, StepDescription } from '../model/port.ts'
import { ownerTag, parameterTag, stepOutputTag } from '../model/tag.ts'
import type { StepPlugin } from '../plugin/define.ts'
import type { CheckedPipeline, CheckedSource, CheckedStep } from './checked.ts'
import { parameterPort } from './scope.ts'

/** A checked pipeline as the address space sees it. `isDevice` tells devices from other pipelines. */
export function describePipeline(
  definition: PipelineDefinition,
  checked: Omit<CheckedPipeline, 'definition' | 'description'>,
  isDevice: (owner: string) => boolean,
): PipelineDescription {
  const { id, name, description, equipment, parameters } = definition
  return {
    id,
    name,
    description,
    equipment,
    parameters: parameters.map(parameterPort),
    steps: checked.steps.map((step) => describeStep(id, step)),
    outputs: checked.outputs.map(({ port, source }) => {
      const alarm = definition.outputs.find(({ name }) => name === port.name)?.alarm
      return { ...port, from: tagOf(id, source) ?? '', ...(alarm && { alarm }) }
    }),
    writes: checked.writes.flatMap(({ tag, source }) => {
      const from = tagOf(id, source)
      return from === undefined ? [] : [{ tag, from }]
    }),
    utilizes: utilized(checked, isDevice),
  }
}

function describeStep(pipeline: string, step: CheckedStep): StepDescription {
  const common = {
    id: step.id,
    inputs: step.inputs.map(({ port, source }) => ({ ...port, source: inputSource(pipeline, source) })),
    outputs: step.outputs,
  }
  if (step.kind === 'function') {
    const { definition, plugin } = step
    return { ...common, kind: plugin.type, description: definition.description || plugin.description }
  }
  const { device, method, description } = step.definition
  return {
    ...common,
    kind: ownerTag(device, method),
    description: description || step.method.description,
    device,
  }
}

function inputSource(pipeline: string, source: CheckedSource): InputSource {
  switch (source.kind) {
    case 'parameter':
      return { kind: 'parameter', name: source.name }
    case 'literal':
      return { kind: 'literal', value: source.value }
    case 'external':
      return { kind: 'tag', tag: source.tag }
    case 'step':
      return { kind: 'tag', tag: stepOutputTag(pipeline, source.step, source.port) }
  }
}

function tagOf(pipeline: string, source: CheckedSource): string | undefined {
  switch (source.kind) {
    case 'parameter':
      return parameterTag(pipeline, source.name)
    case 'literal':
      return undefined
    case 'external':
      return source.tag
    case 'step':
      return stepOutputTag(pipeline, source.step, source.port)
  }
}

/** Tags of devices and other pipelines that a pipeline reads. */
export function externalTagsOf({
  steps,
  outputs,
  writes,
}: Pick<CheckedPipeline, 'steps' | 'outputs' | 'writes'>): readonly string[] {
  const sources = [...steps.flatMap(({ inputs, until }) => [...inputs, ...until]), ...outputs, ...writes].map(
    ({ source }) => source,
  )
  return [...new Set(sources.flatMap((source) => (source.kind === 'external' ? [source.tag] : [])))]
}

function utilized(
  checked: Omit<CheckedPipeline, 'definition' | 'description'>,
  isDevice: (owner: string) => boolean,
): readonly string[] {
  const methods = [...checked.steps, ...checked.finally].flatMap((step) =>
    step.kind === 'method' ? [step.definition.device] : [],
  )
  const tags = [...externalTagsOf(checked), ...checked.writes.map(({ tag }) => tag)]
  const owners = tags.map((tag) => tag.slice(0, tag.indexOf('.')))
  return [...new Set([...owners, ...methods])].filter(isDevice)
}

/** The plugins of a pipeline's steps. */
export function pluginsOf({ steps }: CheckedPipeline): readonly StepPlugin[] {
  return steps.flatMap((step) => (step.kind === 'function' ? [step.plugin] : []))
}
