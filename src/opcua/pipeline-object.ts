import { DataType, type UAMethod, type UAObject, type UAVariable, Variant, VariantArrayType } from 'node-opcua'
import type { PipelineDescription } from '../model/port.ts'
import { type ProgramCause, transitionFor } from '../model/program.ts'
import { ownerTag, parameterTag } from '../model/tag.ts'
import { bindMethod, type Call, describeMethod, followExecutable } from './calling.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { equipmentObject, setNodeVersion } from './equipment-tree.ts'
import { addFinalResult } from './final-result.ts'
import { fingerprintOf } from './fingerprint.ts'
import { mustLast } from './lasting.ts'
import { namespaceUris } from './namespaces.ts'
import { addPortVariable } from './port-variable.ts'
import { restrictCall } from './roles.ts'
import { bindRunMethods } from './run-methods.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'
import { addStep } from './step-object.ts'
import { type ProgramMethodName, programMethods } from './types/pipeline-types.ts'
import { runMethods } from './types/run-methods.ts'
import { makeWritable } from './writing.ts'

/** Adds a pipeline as a Program to the Pipelines folder of its equipment, with parameters, steps, outputs and diagnostics. */
export function addPipeline(context: SpaceContext, pipeline: PipelineDescription): UAObject {
  const { namespace } = context
  const hasParameters = pipeline.parameters.length > 0
  const folder = childOf<UAObject>(equipmentObject(context, pipeline.equipment), 'Pipelines')
  const node = objectTypeOf(context, 'PipelineType', namespaceUris.types).instantiate({
    browseName: pipeline.id,
    displayName: pipeline.name,
    description: pipeline.description,
    namespace,
    nodeId: `s=pipe/${pipeline.id}`,
    componentOf: folder,
    optionals: [
      'CurrentState.Number',
      'LastTransition',
      'LastTransition.Number',
      'LastTransition.TransitionTime',
      'ProgramDiagnostic',
      'FinalResultData',
      'Diagnostics.HeldBackEventCount',
      'Diagnostics.BlockedCount',
      'Diagnostics.QueueDepth',
      ...(context.view.jobs ? ['Diagnostics.CurrentJobOrderId'] : []),
      'Alarms',
      ...(context.view.deploying ? ['Version'] : []),
      ...(context.view.runs ? Object.keys(runMethods) : []),
      ...(hasParameters ? ['Parameters'] : []),
    ],
  })
  context.objectById.set(`pipe/${pipeline.id}`, node)
  setProperties(context, node, pipeline)
  bindProgramMethods(context, node, pipeline.id)
  if (context.view.runs) bindRunMethods(context, node, { pipeline, runs: context.view.runs })
  if (hasParameters) addParameters(context, childOf<UAObject>(node, 'Parameters'), pipeline)
  const steps = childOf<UAObject>(node, 'Steps')
  for (const step of pipeline.steps) addStep(context, steps, pipeline.id, step)
  setNodeVersion(steps)
  const outputs = childOf<UAObject>(node, 'Outputs')
  for (const port of pipeline.outputs) {
    const id = `pipe/${pipeline.id}.Outputs.${port.name}`
    addPortVariable(context, port, { parent: outputs, id, tag: ownerTag(pipeline.id, port.name) })
  }
  addFinalResult(context, node, pipeline)
  bindPipelineDiagnostics(context, node, pipeline.id)
  return node
}

function setProperties({ view }: SpaceContext, node: UAObject, pipeline: PipelineDescription): void {
  const set = (name: string, dataType: DataType, value: unknown): void =>
    childOf<UAVariable>(node, name).setValueFromSource({ dataType, value })
  set('PipelineId', DataType.String, pipeline.id)
  set('DefinitionVersion', DataType.String, view.definitionVersion?.(pipeline.id) ?? fingerprintOf(pipeline))
  if (view.deploying) set('Version', DataType.UInt32, view.deploying.versionInUse(pipeline.id))
  // A pipeline ends with its file and not by itself (Part 10 §5.2.1): a Program that is not deletable and never recycled.
  set('Deletable', DataType.Boolean, false)
  set('AutoDelete', DataType.Boolean, false)
  set('RecycleCount', DataType.Int32, 0)
}

function bindProgramMethods(context: SpaceContext, node: UAObject, id: string): void {
  const { view, anonymous } = context
  const bind = (name: ProgramMethodName, cause: ProgramCause, call: Call): UAMethod => {
    const method = node.getMethodByName(name)
    if (!method) throw new Error(`PipelineType lacks ${name}`)
    describeMethod(method, programMethods[name])
    bindMethod(context, method, call, { pipeline: id, cause })
    followExecutable(method, () => transitionFor(view.programState(id), cause) !== undefined)
    return method
  }
  const command =
    (act: (pipeline: string, initiator: string) => Promise<void>): Call =>
    async (_inputs, initiator) => {
      mustLast()
      await act.call(view, id, initiator)
      return []
    }
  bind('Start', 'start', async (_inputs, initiator) => {
    mustLast()
    const { runId } = await view.start(id, initiator)
    return [new Variant({ dataType: DataType.String, arrayType: VariantArrayType.Scalar, value: runId })]
  })
  bind('Stop', 'stop', command(view.stop))
  bind('Suspend', 'suspend', command(view.suspend))
  bind('Resume', 'resume', command(view.resume))
  bind('Halt', 'halt', command(view.halt))
  restrictCall(bind('Reset', 'reset', command(view.reset)), 'Supervisor', anonymous)
}

function addParameters(context: SpaceContext, parent: UAObject, pipeline: PipelineDescription): void {
  for (const port of pipeline.parameters) {
    const id = `pipe/${pipeline.id}.Parameters.${port.name}`
    const variable = addPortVariable(context, port, { parent, id, tag: parameterTag(pipeline.id, port.name) })
    makeWritable(context, variable, port, (value, initiator) => {
      mustLast()
      return context.view.setParameter(pipeline.id, port.name, value, initiator)
    })
  }
}

function bindPipelineDiagnostics(context: SpaceContext, node: UAObject, id: string): void {
  bindDiagnostics(context, childOf<UAObject>(node, 'Diagnostics'), id, [
    { name: 'currentRunId', member: 'CurrentRunId', kind: 'text' },
    { name: 'lastOutcome', member: 'LastOutcome', kind: 'PipelineOutcomeEnumeration' },
    { name: 'runCount', member: 'RunCount', kind: 'count' },
    { name: 'cycleCount', member: 'CycleCount', kind: 'count' },
    { name: 'lastCycleTime', member: 'LastCycleTime', kind: 'duration' },
    { name: 'queueDepth', member: 'QueueDepth', kind: 'count' },
    { name: 'heldBackEventCount', member: 'HeldBackEventCount', kind: 'count' },
    { name: 'blockedCount', member: 'BlockedCount', kind: 'count' },
    { name: 'missedCycleCount', member: 'MissedCycleCount', kind: 'count' },
    { name: 'lastError', member: 'LastError', kind: 'localizedText' },
  ])
}
