import { DataType, type UAObjectType } from 'node-opcua'
import { namespaceUris } from '../namespaces.ts'
import { addNodeVersion } from './equipment-types.ts'
import { addDataVariable, addMethod, addPart, addProperty, type Rule } from './members.ts'
import { addRunMethods } from './run-methods.ts'
import type { TypeContext } from './type-context.ts'

/** Adds `PipelineType` and `PipelineStepType`. The standard `FinalResultData` and `ProgramDiagnostic` are optional in the base type. */
export function addPipelineTypes(context: TypeContext): void {
  addStepType(context)
  const { namespace, typeOf } = context
  const type = namespace.addObjectType({
    browseName: 'PipelineType',
    description: 'A pipeline: a Program (OPC 10000-10) that computes outputs from the tags of devices.',
    subtypeOf: typeOf('ProgramStateMachineType'),
  })
  addProperty(namespace, type, {
    name: 'PipelineId',
    description: 'Id of the pipeline in its file.',
    dataType: 'String',
  })
  addProperty(namespace, type, {
    name: 'DefinitionVersion',
    description: 'Fingerprint of the definition that is in use.',
    dataType: 'String',
  })
  addProperty(namespace, type, {
    name: 'Version',
    description: 'Number of the deployed version that is in use; 0 while it comes from a file that was never deployed.',
    dataType: 'UInt32',
    rule: 'Optional',
  })
  addProgramMethods(context, type)
  addRunMethods(context, type)
  addFolders(context, type)
  addDiagnostics(context, type)
}

/** The methods of a pipeline by BrowseName without namespace, and what each does. */
export const programMethods = {
  Start: 'Starts a run with the current parameters; Ready becomes Running.',
  Stop: 'Finishes the current cycle; Running or Suspended becomes Ready.',
  Suspend: 'Pauses between cycles; Running becomes Suspended.',
  Resume: 'Goes on; Suspended becomes Running.',
  Halt: 'Cancels at once and runs the final steps; becomes Halted.',
  Reset: 'Makes a halted pipeline ready to start again.',
} as const

/** Name of a method of a pipeline. */
export type ProgramMethodName = keyof typeof programMethods

/**
 * The methods of the standard type are placeholders and never instantiated; a subtype re-declares them under the standard
 * BrowseNames (Part 10 §5.2.1), so that generic Program clients find them. Part 10 knows no graceful end: `Stop` is ours.
 */
function addProgramMethods({ namespace }: TypeContext, type: UAObjectType): void {
  const runId = {
    name: 'RunId',
    dataType: DataType.String,
    valueRank: -1,
    description: { text: 'Identifier of the run that was started.' },
  }
  for (const [name, description] of Object.entries(programMethods)) {
    addMethod(namespace, type, {
      name: name === 'Stop' ? name : `0:${name}`,
      description,
      ...(name === 'Start' ? { outputs: [runId] } : {}),
    })
  }
}

function addFolders({ namespace, typeOf }: TypeContext, type: UAObjectType): void {
  const folder = typeOf('FolderType')
  addPart(namespace, type, {
    name: 'Parameters',
    description: 'What a run works with; writable.',
    type: folder,
    rule: 'Optional',
  })
  const steps = addPart(namespace, type, { name: 'Steps', description: 'The steps of the pipeline.', type: folder })
  addNodeVersion(namespace, steps)
  addPart(namespace, type, { name: 'Outputs', description: 'What the pipeline publishes.', type: folder })
  addPart(namespace, type, {
    name: 'Alarms',
    description: 'The alarms of the pipeline and of its outputs.',
    type: folder,
    rule: 'Optional',
  })
}

function addDiagnostics({ namespace, typeOf, enumerations, devicesIndex }: TypeContext, type: UAObjectType): void {
  const group = addPart(namespace, type, {
    name: `${devicesIndex}:Diagnostics`,
    description: 'What the pipeline has done so far.',
    type: typeOf('FunctionalGroupType', namespaceUris.devices),
  })
  const add = (
    name: string,
    dataType: Parameters<typeof addDataVariable>[2]['dataType'],
    description: string,
    rule: Rule = 'Mandatory',
  ): void => addDataVariable(namespace, group, { name, dataType, description, rule })
  add('CurrentRunId', 'String', 'Run that is under way, or the last one.')
  add('LastOutcome', enumerations.PipelineOutcomeEnumeration, 'How the last run ended.')
  add('RunCount', 'UInt32', 'Runs started.')
  add('CycleCount', 'UInt32', 'Waves of the current run.')
  add('LastCycleTime', 'Duration', 'Duration of the last wave, in milliseconds.')
  add(
    'MissedCycleCount',
    'UInt32',
    'Triggers that were skipped, dropped from the queue, or came late by a whole period.',
  )
  add('LastError', 'LocalizedText', 'Text of the last error; empty while there was none.')
  add('CurrentJobOrderId', 'String', 'Job order of the run that is under way; empty when there is none.', 'Optional')
  add('QueueDepth', 'UInt32', 'Triggers that wait for the current wave.', 'Optional')
  add('HeldBackEventCount', 'UInt32', 'Step events that were not told because there were too many.', 'Optional')
  add(
    'BlockedCount',
    'UInt32',
    'Times that one of its steps kept the event loop, and so everything, waiting for over 200 ms.',
    'Optional',
  )
}

/** DI BlockType would force a block's ports into one flat set, and PLCopen's types mean IEC 61131-3 instances; so steps have a type of their own. */
function addStepType({ namespace, typeOf, enumerations }: TypeContext): void {
  const type = namespace.addObjectType({
    browseName: 'PipelineStepType',
    description: 'A step of a pipeline: the use of a function or of a device method.',
  })
  addProperty(namespace, type, {
    name: 'Kind',
    description: 'Type of the function, or the device method as device.method.',
    dataType: 'String',
  })
  addDataVariable(namespace, type, {
    name: 'State',
    description: 'State of the step.',
    dataType: enumerations.PipelineStepStateEnumeration,
  })
  const add = (name: string, dataType: string, description: string): void =>
    addDataVariable(namespace, type, { name, dataType, description, rule: 'Optional' })
  add('ExecutionCount', 'UInt32', 'Times that it was computed or called.')
  add('ErrorCount', 'UInt32', 'Times that it failed after all its attempts.')
  add('LastDuration', 'Duration', 'Duration of the last execution that was asynchronous, in milliseconds.')
  add('LastError', 'LocalizedText', 'Text of the last error; empty while there was none.')
  add('QueueDepth', 'UInt32', 'Executions that were asked for and have not ended.')
  const folder = typeOf('FolderType')
  addPart(namespace, type, { name: 'Parameters', description: 'How it is configured.', type: folder, rule: 'Optional' })
  addPart(namespace, type, { name: 'Inputs', description: 'What flows in.', type: folder, rule: 'Optional' })
  addPart(namespace, type, { name: 'Outputs', description: 'What flows out.', type: folder, rule: 'Optional' })
}
