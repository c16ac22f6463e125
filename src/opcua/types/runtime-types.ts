import { DataType, resolveNodeId } from 'node-opcua'
import { addNodeVersion } from './equipment-types.ts'
import { addDataVariable, addMethod, addPart, addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** An argument of a method of the runtime. */
interface RuntimeArgument {
  readonly name: string
  readonly dataType: 'String' | 'UInt32' | 'FindingDataType'
  readonly isArray?: true
  readonly description: string
}

const definition = { name: 'Definition', dataType: 'String', description: 'Text of a pipeline file, in YAML.' } as const
const comment = { name: 'Comment', dataType: 'String', description: 'Why; kept with the version.' } as const
const pipelineId = { name: 'PipelineId', dataType: 'String', description: 'Id of the pipeline.' } as const
const findings = {
  name: 'Findings',
  dataType: 'FindingDataType',
  isArray: true,
  description: 'What is wrong or doubtful; with an error among them nothing was changed.',
} as const

/** The methods of the runtime: what each does, takes and returns. */
export const runtimeMethods = {
  Validate: {
    description: 'Checks a definition against the plant and changes nothing.',
    inputs: [
      definition,
      { name: 'FileName', dataType: 'String', description: 'Name that the findings give the file; may be empty.' },
    ],
    outputs: [findings],
  },
  Deploy: {
    description: 'Adds or changes a pipeline, and keeps the definition as a version.',
    inputs: [definition, comment],
    outputs: [
      { name: 'Version', dataType: 'UInt32', description: 'Number of the version; 0 when nothing was changed.' },
      findings,
    ],
  },
  Rollback: {
    description: 'Puts an earlier version of a pipeline into use again.',
    inputs: [
      pipelineId,
      { name: 'Version', dataType: 'UInt32', description: 'Number of the version to use again.' },
      comment,
    ],
    outputs: [findings],
  },
  Remove: {
    description: 'Takes a pipeline out of the plant; its versions are kept.',
    inputs: [pipelineId, comment],
    outputs: [],
  },
} as const satisfies Readonly<
  Record<string, { description: string; inputs: readonly RuntimeArgument[]; outputs: readonly RuntimeArgument[] }>
>

/** Name of a method of the runtime. */
export type RuntimeMethodName = keyof typeof runtimeMethods

/** Adds `PipelineRuntimeType`: all pipelines in one place, and the methods that change them while the plant runs. */
export function addRuntimeType(context: TypeContext): void {
  const { namespace, typeOf, structures } = context
  const type = namespace.addObjectType({
    browseName: 'PipelineRuntimeType',
    description: 'All pipelines and plugins of the plant in one place.',
  })
  addProperty(namespace, type, {
    name: 'ConfigurationVersion',
    description: 'Fingerprint of the configuration that is in use.',
    dataType: 'String',
  })
  const folder = typeOf('FolderType')
  const pipelines = addPart(namespace, type, {
    name: 'Pipelines',
    description: 'Every pipeline of the plant.',
    type: folder,
  })
  addNodeVersion(namespace, pipelines)
  addPart(namespace, type, {
    name: 'Plugins',
    description: 'The plugins that are installed.',
    type: folder,
    rule: 'Optional',
  })
  addDataVariable(namespace, type, {
    name: 'Versions',
    description: 'The definitions that were deployed, newest last.',
    dataType: structures.PipelineVersionDataType,
    isArray: true,
    rule: 'Optional',
  })
  const argument = ({ name, dataType, isArray, description }: RuntimeArgument) => ({
    name,
    dataType: dataType === 'FindingDataType' ? structures[dataType].nodeId : resolveNodeId(DataType[dataType]),
    valueRank: isArray ? 1 : -1,
    description: { text: description },
  })
  for (const [name, { description, inputs, outputs }] of Object.entries(runtimeMethods)) {
    addMethod(namespace, type, {
      name,
      description,
      rule: 'Optional',
      inputs: inputs.map(argument),
      ...(outputs.length > 0 ? { outputs: outputs.map(argument) } : {}),
    })
  }
}
