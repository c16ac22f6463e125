import type { UAObject } from 'node-opcua'
import { resultTag } from '../model/diagnostics.ts'
import type { PlantEvent } from '../model/event.ts'
import type { PipelineDescription } from '../model/port.ts'
import type { TagSample } from '../model/sample.ts'
import { ownerTag } from '../model/tag.ts'
import { addPortVariable } from './port-variable.ts'
import { childOf, type SpaceContext } from './space-context.ts'

/** Adds a variable for each output to FinalResultData (Part 10 §5.2.1): the outputs at the end of the last run. */
export function addFinalResult(context: SpaceContext, node: UAObject, pipeline: PipelineDescription): void {
  const parent = childOf<UAObject>(node, 'FinalResultData')
  for (const port of pipeline.outputs) {
    const id = `pipe/${pipeline.id}.FinalResultData.${port.name}`
    addPortVariable(context, port, { parent, id, tag: resultTag(pipeline.id, port.name) })
  }
}

/** The samples that FinalResultData shows after a run. */
export function resultsOf(
  context: SpaceContext,
  { pipeline, results }: Extract<PlantEvent, { kind: 'pipelineCompleted' }>,
): readonly TagSample[] {
  const outputs = context.view.pipelines.find(({ id }) => id === pipeline)?.outputs ?? []
  return outputs.flatMap(({ name }) => {
    const result = results.find(({ tag }) => tag === ownerTag(pipeline, name))
    return result ? [{ tag: resultTag(pipeline, name), sample: result.sample }] : []
  })
}
