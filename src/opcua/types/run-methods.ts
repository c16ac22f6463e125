import { resolveNodeId, type UAObjectType } from 'node-opcua'
import { addMethod } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** An argument of a method about runs. All are scalars, so that PLC clients can call it. */
interface RunArgument {
  readonly name: string
  readonly dataType: 'String' | 'UInt32' | 'UtcTime' | 'PipelineOutcomeEnumeration'
  readonly description: string
}

const runId = { name: 'RunId', dataType: 'String' } as const
const about = [
  {
    name: 'Version',
    dataType: 'UInt32',
    description: 'Number of the version of the definition that it ran; 0 when it was never kept.',
  },
  {
    name: 'Initiator',
    dataType: 'String',
    description: 'Who or what started it: a user, job:<id>, schedule, auto or restart.',
  },
  { name: 'StartTime', dataType: 'UtcTime', description: 'When it was started.' },
  { name: 'EndTime', dataType: 'UtcTime', description: 'When it ended; null while it runs.' },
  { name: 'Outcome', dataType: 'PipelineOutcomeEnumeration', description: 'How it ended; None while it runs.' },
] as const satisfies readonly RunArgument[]

/** The methods of a pipeline that tell of its runs, and change nothing: what each does, takes and returns. */
export const runMethods = {
  FindRun: {
    description: 'Tells which run produced a sample of an output that has a history.',
    inputs: [
      { name: 'Output', dataType: 'String', description: 'Name of the output.' },
      {
        name: 'SourceTime',
        dataType: 'UtcTime',
        description: 'Source time of the sample; the newest sample at this millisecond or before it is found.',
      },
      {
        name: 'Ordinal',
        dataType: 'UInt32',
        description: 'Which of the samples of one millisecond, from 1 in the order of HistoryRead; 0 for the last.',
      },
    ],
    outputs: [
      {
        ...runId,
        description: 'Id of the run; empty when no run produced the sample, such as a value entered by hand.',
      },
      ...about,
      { name: 'SampleTime', dataType: 'UtcTime', description: 'Source time of the sample that was found.' },
      { name: 'SampleCount', dataType: 'UInt32', description: 'How many samples there are of that millisecond.' },
    ],
  },
  ReadRun: {
    description: 'Tells what is kept of a run of this pipeline.',
    inputs: [{ ...runId, description: 'Id of the run, as FindRun, CurrentRunId and events tell it.' }],
    outputs: [
      ...about,
      { name: 'CycleCount', dataType: 'UInt32', description: 'Waves of the run; 0 while it runs.' },
      { name: 'Error', dataType: 'String', description: 'What went wrong; empty when nothing did.' },
      {
        name: 'Parameters',
        dataType: 'String',
        description: 'The parameters that it was started with, as a JSON object of values by name.',
      },
      {
        name: 'Results',
        dataType: 'String',
        description: 'The outputs at its end, as a JSON object of {value, status, time} by name.',
      },
    ],
  },
} as const satisfies Readonly<
  Record<string, { description: string; inputs: readonly RunArgument[]; outputs: readonly RunArgument[] }>
>

/** Name of a method about runs. */
export type RunMethodName = keyof typeof runMethods

/** Adds the methods about runs to `PipelineType`. */
export function addRunMethods({ namespace, enumerations }: TypeContext, type: UAObjectType): void {
  const argument = ({ name, dataType, description }: RunArgument) => ({
    name,
    dataType: dataType === 'PipelineOutcomeEnumeration' ? enumerations[dataType].nodeId : resolveNodeId(dataType),
    valueRank: -1,
    description: { text: description },
  })
  for (const [name, { description, inputs, outputs }] of Object.entries(runMethods)) {
    addMethod(namespace, type, {
      ...{ name, description, rule: 'Optional' },
      inputs: inputs.map(argument),
      outputs: outputs.map(argument),
    })
  }
}
