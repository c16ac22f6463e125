import {
  type AddressSpace,
  coerceLocalizedText,
  DataType,
  type ExtensionObject,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { encodeDateTime, encodeString, encodeUInt32 } from 'node-opcua-basic-types'
import type { OutputBinaryStream } from 'node-opcua-binary-stream'
import {
  type Job,
  type JobOrder,
  type JobOutput,
  type JobResponse,
  type JobResult,
  type JobState,
  jobNotes,
  jobResults,
  jobStateNumber,
} from '../../model/job.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import { engineeringUnitOf } from '../port-variable.ts'
import { bodyOf, jobType, writeBytes } from './job-types.ts'

/**
 * A state as ISA95StateDataType. Its BrowsePath is empty, because JobOrderControl has no substates (OPC 10031-4 V2 §6.3.2):
 * OPC 40001-3 fixes its type to the one without.
 */
export function stateStructure(addressSpace: AddressSpace, state: JobState): ExtensionObject {
  const stateText = coerceLocalizedText(state)
  return new (jobType(addressSpace, 'ISA95StateDataType'))({ stateText, stateNumber: jobStateNumber(state) })
}

/** Optional fields by their bits in the mask in front of a structure (Part 6 §5.2.7). */
const responseBits = { startTime: 1 << 1, endTime: 1 << 2, data: 1 << 3, equipment: 1 << 5 }
const parameterBits = { unit: 1 << 1 }

/**
 * The body of an ISA95JobResponseDataType: what has come of a job order so far (OPC 10031-4 V2 §6.3.3).
 *
 * JobResponseData has JobResult and ReasonForStateChange (OPC 40001-3 §7.2), the JobName and OrderNumbers that the order has, then the outputs of the pipeline. It is written
 * field by field, because a list has thousands of them, and the stack's own way takes twenty times as long.
 */
export function responseBody(addressSpace: AddressSpace, { order, state }: Job, response: JobResponse): Uint8Array {
  const { id, startedAt, endedAt, result, reason, equipment, outputs } = response
  const states = statesBody(addressSpace, state)
  const data = [
    { id: 'JobResult', value: resultVariants[result] },
    { id: 'ReasonForStateChange', value: textsOf(reason) },
    ...notesOf(order),
    ...outputs.map(outputParameter),
  ]
  const times =
    (startedAt === undefined ? 0 : responseBits.startTime) | (endedAt === undefined ? 0 : responseBits.endTime)
  return bodyOf({
    encode(stream) {
      encodeUInt32(times | responseBits.data | responseBits.equipment, stream)
      encodeString(id, stream)
      encodeString(order.id, stream)
      if (startedAt !== undefined) encodeDateTime(new Date(startedAt), stream)
      if (endedAt !== undefined) encodeDateTime(new Date(endedAt), stream)
      writeBytes(states, stream)
      encodeUInt32(data.length, stream)
      for (const parameter of data) writeParameter(parameter, stream)
      encodeUInt32(equipment.length, stream)
      for (const each of equipment) {
        encodeUInt32(0, stream)
        encodeString(each, stream)
      }
    },
  })
}

const statesBySpace = new WeakMap<AddressSpace, Map<JobState, Uint8Array>>()

/** A list of ISA95StateDataType with one state (Part 6 §5.2.5). */
export function statesBody(addressSpace: AddressSpace, state: JobState): Uint8Array {
  const states = statesBySpace.get(addressSpace) ?? new Map<JobState, Uint8Array>()
  statesBySpace.set(addressSpace, states)
  const known = states.get(state)
  if (known) return known
  const structure = stateStructure(addressSpace, state)
  const body = bodyOf({
    encode(stream) {
      encodeUInt32(1, stream)
      structure.encode(stream)
    },
  })
  states.set(state, body)
  return body
}

/** An ISA95ParameterDataType as far as it is used here. */
interface Parameter {
  readonly id: string
  readonly value: Variant
  /** EngineeringUnits as they are encoded. */
  readonly unit?: Uint8Array | undefined
}

const resultVariants = Object.fromEntries(
  jobResults.map((result, value) => [result, new Variant({ dataType: DataType.Int32, value })]),
) as Record<JobResult, Variant>

/** What the order says about itself; values of other types were refused. */
function notesOf({ parameters }: JobOrder): readonly Parameter[] {
  return parameters.flatMap(({ id, value }) => {
    if (!Object.hasOwn(jobNotes, id)) return []
    const converted = toVariant({ dataType: 'String', isArray: jobNotes[id] === 'texts' }, value ?? null)
    return 'variant' in converted ? { id, value: converted.variant } : []
  })
}

function outputParameter({ id, dataType, isArray, value, unit }: JobOutput): Parameter {
  const converted = toVariant({ dataType, isArray }, value)
  const variant = 'variant' in converted ? converted.variant : nullVariant
  return { id, value: variant, unit: unit === undefined ? undefined : unitBody(unit) }
}

function writeParameter({ id, value, unit }: Parameter, stream: OutputBinaryStream): void {
  encodeUInt32(unit === undefined ? 0 : parameterBits.unit, stream)
  encodeString(id, stream)
  value.encode(stream)
  if (unit !== undefined) writeBytes(unit, stream)
}

const units = new Map<string, Uint8Array>()

/** An EUInformation; a plant has few units. */
function unitBody(symbol: string): Uint8Array {
  const body = units.get(symbol) ?? bodyOf(engineeringUnitOf(symbol))
  units.set(symbol, body)
  return body
}

/** LocalizedText[] with the same text in each language that there is: one (OPC 40001-3 §7.2). */
function textsOf(text: string): Variant {
  const value = text === '' ? [] : [coerceLocalizedText(text)]
  return new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value })
}
