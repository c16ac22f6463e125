import type { BaseNode, NodeId } from 'node-opcua'
import { stepOwner } from '../model/diagnostics.ts'
import type { PipelineDescription, StepDescription } from '../model/port.ts'
import { ownerTag, parameterTag, stepInputTag } from '../model/tag.ts'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import type { SpaceContext } from './space-context.ts'
import type { ReferenceTypeName } from './types/reference-types.ts'

/**
 * Draws what flows where: `DataFlowsTo` from variable to variable, `ReadsFrom` and `WritesTo` from a step to what lies
 * outside its pipeline (from the pipeline itself where no step stands between), and the standard `Utilizes` (Part 23) from
 * the pipeline to its devices.
 */
export function addFlowReferences(context: SpaceContext, pipeline: PipelineDescription): void {
  const { variableByTag, objectById } = context
  const refer = referrer(context)
  for (const step of pipeline.steps) addStepFlows(context, pipeline.id, step)
  const node = objectById.get(`pipe/${pipeline.id}`)
  for (const output of pipeline.outputs) {
    refer('DataFlowsTo', variableByTag.get(output.from), variableByTag.get(ownerTag(pipeline.id, output.name)))
    if (isOutside(output.from, pipeline.id)) refer('ReadsFrom', node, variableByTag.get(output.from))
  }
  for (const { tag, from } of pipeline.writes) {
    refer('DataFlowsTo', variableByTag.get(from), variableByTag.get(tag))
    const isOfStep = from.startsWith(`${pipeline.id}/`)
    refer('WritesTo', isOfStep ? objectById.get(`pipe/${ownerOf(from)}`) : node, variableByTag.get(tag))
    if (isOutside(from, pipeline.id)) refer('ReadsFrom', node, variableByTag.get(from))
  }
  for (const device of pipeline.utilizes) refer('Utilizes', node, objectById.get(`dev/${device}`))
}

function addStepFlows(context: SpaceContext, pipeline: string, step: StepDescription): void {
  const { variableByTag, objectById } = context
  const refer = referrer(context)
  const owner = stepOwner(pipeline, step.id)
  for (const { name, source } of step.inputs) {
    if (source.kind === 'literal') continue
    const tag = source.kind === 'tag' ? source.tag : parameterTag(pipeline, source.name)
    const variable = variableByTag.get(tag)
    refer('DataFlowsTo', variable, variableByTag.get(stepInputTag(pipeline, step.id, name)))
    if (isOutside(tag, pipeline)) refer('ReadsFrom', objectById.get(`pipe/${owner}`), variable)
  }
}

/** Tells whether a tag belongs to a device or another pipeline. */
function isOutside(tag: string, pipeline: string): boolean {
  return tag !== '' && !tag.startsWith(`${pipeline}/`) && !tag.startsWith(`${pipeline}$`)
}

/** The owner in a tag: `fill/volume` of `fill/volume.total`. */
function ownerOf(tag: string): string {
  return tag.slice(0, tag.lastIndexOf('.'))
}

type Refer = (name: ReferenceTypeName | 'Utilizes', from: BaseNode | undefined, to: BaseNode | undefined) => void

/** What one end does not exist for is not drawn: a definition may name what the address space does not show. */
function referrer({ addressSpace }: SpaceContext): Refer {
  const { index } = namespaceOf(addressSpace, namespaceUris.types)
  const idOf = (name: string): NodeId => {
    const type = addressSpace.findReferenceType(name, name === 'Utilizes' ? 0 : index)
    if (!type) throw new Error(`reference type ${name} is missing`)
    return type.nodeId
  }
  return (name, from, to) => {
    if (!from || !to) return
    const referenceType = idOf(name)
    const isKnown = from
      .findReferences(referenceType, true)
      .some(({ nodeId }) => nodeId.toString() === to.nodeId.toString())
    if (!isKnown) from.addReference({ referenceType, nodeId: to.nodeId })
  }
}
