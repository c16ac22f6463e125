import { DataType, resolveNodeId } from 'node-opcua'
import { addDataVariable, addMethod } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** An argument of a method that injects a fault. */
interface FaultArgument {
  readonly name: string
  readonly dataType: 'Duration' | 'Double' | 'String' | 'UInt32' | 'StatusCode' | 'BaseDataType'
  readonly description: string
}

const duration = { name: 'Duration', dataType: 'Duration', description: 'How long it lasts, up to 24 h.' } as const
const tag = { name: 'Tag', dataType: 'String', description: 'Name of a tag that the device measures.' } as const

/** The methods that inject faults: what each does and takes. */
export const faultMethods = {
  InjectDelay: {
    description: 'Lets each answer of the device come later.',
    inputs: [duration, { name: 'Delay', dataType: 'Duration', description: 'By how much, up to 1 h.' }],
  },
  InjectDrop: {
    description: 'Lets some of the requests to the device be lost.',
    inputs: [duration, { name: 'Share', dataType: 'Double', description: 'The share that is lost, above 0 up to 1.' }],
  },
  InjectStuck: {
    description: 'Lets a tag keep the value that it has; its status is GoodLocalOverride with Constant limit bits.',
    inputs: [duration, tag],
  },
  InjectSpike: {
    description: 'Lets a tag read another value; its status is GoodLocalOverride.',
    inputs: [
      duration,
      tag,
      { name: 'Value', dataType: 'BaseDataType', description: 'What it reads, of the data type of the tag.' },
      { name: 'Count', dataType: 'UInt32', description: 'In how many readings; 0 in all that the duration has.' },
    ],
  },
  InjectBadStatus: {
    description: 'Takes the value of a tag away and gives it a Bad status.',
    inputs: [
      duration,
      { name: 'Tag', dataType: 'String', description: 'Name of a tag that the device measures; empty for every one.' },
      { name: 'Status', dataType: 'StatusCode', description: 'A Bad status code.' },
    ],
  },
  InjectDisconnect: {
    description: 'Cuts the connection and lets no other be made.',
    inputs: [duration],
  },
  InjectTrip: {
    description: 'Opens the circuit breaker; its reset time, or its method Reset, ends that.',
    inputs: [],
  },
  ClearFaults: {
    description: 'Ends all faults that are injected into the device.',
    inputs: [],
  },
} as const satisfies Readonly<Record<string, { description: string; inputs: readonly FaultArgument[] }>>

/** Name of a method that injects faults. */
export type FaultMethodName = keyof typeof faultMethods

/** DataTypes that the stack has no built-in type for. */
const nodeIdByType: Readonly<Partial<Record<FaultArgument['dataType'], string>>> = {
  Duration: 'i=290',
  BaseDataType: 'i=24',
}

/** Adds `FaultInjectionType`: what may be done to a device to see how the plant takes it. */
export function addFaultType({ namespace }: TypeContext): void {
  const type = namespace.addObjectType({
    browseName: 'FaultInjectionType',
    description: 'Faults that can be injected into a device, for tests; each one ends by itself.',
  })
  addDataVariable(namespace, type, {
    name: 'ActiveFaultCount',
    description: 'Faults that are injected now.',
    dataType: 'UInt32',
  })
  addDataVariable(namespace, type, {
    name: 'ActiveFaults',
    description: 'The faults that are injected now, how long each still lasts, and who asked for it.',
    dataType: 'String',
    isArray: true,
  })
  for (const [name, { description, inputs }] of Object.entries(faultMethods)) {
    addMethod(namespace, type, { name, description, ...(inputs.length > 0 ? { inputs: inputs.map(argumentOf) } : {}) })
  }
}

function argumentOf({ name, dataType, description }: FaultArgument) {
  const nodeId = nodeIdByType[dataType] ?? DataType[dataType as keyof typeof DataType]
  return { name, dataType: resolveNodeId(nodeId), valueRank: -1, description: { text: description } }
}
