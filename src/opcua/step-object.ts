import { DataType, type UAObject, type UAVariable } from 'node-opcua'
import { systemClock } from '../model/clock.ts'
import { stepOwner } from '../model/diagnostics.ts'
import type { StepDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import { stepInputTag, stepOutputTag } from '../model/tag.ts'
import { toVariant } from './conversion.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { setSample } from './live-values.ts'
import { namespaceUris } from './namespaces.ts'
import { addPortVariable } from './port-variable.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/** Adds a step below its pipeline, with a variable for each input and output. */
export function addStep(context: SpaceContext, steps: UAObject, pipeline: string, step: StepDescription): void {
  const owner = stepOwner(pipeline, step.id)
  const node = objectTypeOf(context, 'PipelineStepType', namespaceUris.types).instantiate({
    browseName: step.id,
    displayName: step.id,
    description: step.description,
    namespace: context.namespace,
    nodeId: `s=pipe/${owner}`,
    componentOf: steps,
    optionals: [
      'ExecutionCount',
      'ErrorCount',
      'LastDuration',
      'LastError',
      ...(step.inputs.length > 0 ? ['Inputs'] : []),
      ...(step.outputs.length > 0 ? ['Outputs'] : []),
    ],
  })
  context.objectById.set(`pipe/${owner}`, node)
  childOf<UAVariable>(node, 'Kind').setValueFromSource({ dataType: DataType.String, value: step.kind })
  bindDiagnostics(context, node, owner, [
    { name: 'state', member: 'State', kind: 'PipelineStepStateEnumeration' },
    { name: 'executionCount', member: 'ExecutionCount', kind: 'count' },
    { name: 'errorCount', member: 'ErrorCount', kind: 'count' },
    { name: 'lastDuration', member: 'LastDuration', kind: 'duration' },
    { name: 'lastError', member: 'LastError', kind: 'localizedText' },
  ])
  addInputs(context, node, pipeline, step)
  for (const port of step.outputs) {
    addPortVariable(context, port, {
      parent: childOf<UAObject>(node, 'Outputs'),
      id: `pipe/${owner}.Outputs.${port.name}`,
      tag: stepOutputTag(pipeline, step.id, port.name),
    })
  }
}

function addInputs(context: SpaceContext, node: UAObject, pipeline: string, step: StepDescription): void {
  for (const port of step.inputs) {
    const tag = stepInputTag(pipeline, step.id, port.name)
    const variable = addPortVariable(context, port, {
      parent: childOf<UAObject>(node, 'Inputs'),
      id: `pipe/${stepOwner(pipeline, step.id)}.Inputs.${port.name}`,
      tag,
    })
    // A literal is known before the first wave.
    if (port.source.kind !== 'literal' || context.view.latest(tag)) continue
    const sample = { value: port.source.value, status: Status.Good, sourceTime: systemClock.now() }
    setSample(variable, sample, (value) => toVariant(port, value))
  }
}
