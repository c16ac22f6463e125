import type { JobPipeline } from './jobs/job-pipeline.ts'
import { Status } from './model/status.ts'
import { parameterTag } from './model/tag.ts'
import { fittedParameter } from './pipeline/check-parameter.ts'
import type { Pipeline } from './pipeline/pipeline.ts'

const known = new WeakMap<Pipeline, JobPipeline>()

/** A pipeline as job control sees it: one object for each, because every step of a job asks for it. */
export function jobPipelineOf(pipeline: Pipeline): JobPipeline {
  const before = known.get(pipeline)
  if (before) return before
  const made = makeJobPipeline(pipeline)
  known.set(pipeline, made)
  return made
}

function makeJobPipeline(pipeline: Pipeline): JobPipeline {
  const { definition, description } = pipeline.checked
  const definitionByName = new Map(definition.parameters.map((each) => [each.name, each]))
  return {
    id: definition.id,
    name: definition.name,
    equipment: definition.equipment,
    get state() {
      return pipeline.state
    },
    restart: definition.restart,
    endsItself: definition.trigger.kind === 'once',
    parameters: description.parameters.map((port) => ({
      ...port,
      default: definitionByName.get(port.name)?.default ?? null,
    })),
    outputs: description.outputs,
    utilizes: description.utilizes,
    fit(name, value) {
      const parameter = definitionByName.get(name)
      return parameter ? fittedParameter(parameter, value) : { problem: 'type' }
    },
    setParameter(name, value, initiator) {
      // Every change is an event; that a parameter is what it was is none.
      if (Object.is(pipeline.latest(parameterTag(pipeline.id, name))?.value, value)) return Status.Good
      return pipeline.setParameter(name, value, initiator)
    },
    start: (asked) => void pipeline.start(asked),
    suspend: (asked) => pipeline.suspend(asked),
    resume: (asked) => pipeline.resume(asked),
    stop: (asked) => pipeline.stop(asked),
    halt: (asked) => pipeline.halt(asked),
  }
}
