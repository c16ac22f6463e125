import {
  type JobOrder,
  type JobParameter,
  type JobReturnStatus,
  jobIdLengthMax,
  jobNotes,
  jobStatus,
} from '../model/job.ts'
import { conversion } from '../model/unit.ts'
import type { Value } from '../model/value.ts'
import type { JobPipeline } from './job-pipeline.ts'

/** What a job order comes to: the values of the pipeline's parameters, or why it is refused, in bits and in words. */
export type CheckedOrder =
  | { readonly values: ReadonlyMap<string, Value> }
  | { readonly status: JobReturnStatus; readonly message: string }

interface Fault {
  readonly status: JobReturnStatus
  readonly message: string
}

const { invalidRequest, notAccepted } = jobStatus

/**
 * Checks a job order against the pipeline that it names, before anything is stored. Parameters that it does not mention have
 * their defaults, so that the same order always does the same. Of several faults the bits of all are given.
 */
export function checkOrder(
  order: JobOrder,
  { equipment, pipeline }: { readonly equipment: string; readonly pipeline: JobPipeline | undefined },
): CheckedOrder {
  const faults: Fault[] = []
  if (order.id === '' || order.id.length > jobIdLengthMax) {
    const message = `the JobOrderID has ${order.id.length} characters; give it 1 to ${jobIdLengthMax}`
    return { status: invalidRequest, message }
  }
  if (pipeline?.equipment !== equipment) {
    const message = `WorkMasterID ${order.pipeline} is no pipeline of ${equipment}; take one that WorkMaster lists`
    return { status: notAccepted | jobStatus.unknownWorkMaster, message }
  }
  const { startTime, endTime } = order
  if (startTime !== undefined && endTime !== undefined && endTime < startTime) {
    faults.push({ status: invalidRequest, message: 'EndTime is before StartTime; correct one of them' })
  }
  for (const id of order.equipment) {
    if (id === equipment || pipeline.utilizes.includes(id)) continue
    const message = `${id} is not equipment that pipeline ${pipeline.id} has; name ${[equipment, ...pipeline.utilizes].join(' or ')}`
    faults.push({ status: notAccepted | jobStatus.equipmentNotAvailable, message })
  }
  const values = new Map<string, Value>(pipeline.parameters.map((each) => [each.name, each.default]))
  const given = new Set<string>()
  for (const parameter of order.parameters) {
    const result = given.has(parameter.id)
      ? wrong(`parameter ${parameter.id} is given twice`)
      : checkParameter(parameter, pipeline)
    given.add(parameter.id)
    if ('status' in result) faults.push(result)
    else if (result.value !== undefined) values.set(parameter.id, result.value)
  }
  if (faults.length === 0) return { values }
  return {
    status: faults.reduce((bits, { status }) => bits | status, 0n),
    message: faults.map(({ message }) => message).join('; '),
  }
}

/** The value of the parameter; undefined for one that the pipeline need not know. */
function checkParameter(parameter: JobParameter, pipeline: JobPipeline): { readonly value: Value | undefined } | Fault {
  const { id, value } = parameter
  const port = pipeline.parameters.find(({ name }) => name === id)
  if (!port && Object.hasOwn(jobNotes, id)) {
    const isText = (each: unknown): boolean => typeof each === 'string'
    const isNote = jobNotes[id] === 'text' ? isText(value) : Array.isArray(value) && value.every(isText)
    return isNote
      ? { value: undefined }
      : wrong(`parameter ${id} is ${jobNotes[id] === 'text' ? 'a text' : 'a list of texts'}`)
  }
  if (!port) {
    const known = pipeline.parameters.map(({ name }) => name).join(', ') || 'none'
    return wrong(`pipeline ${pipeline.id} has no parameter ${id}; it has ${known}`)
  }
  if (value === undefined || value === null) return wrong(`parameter ${id} has no value; give it one, or leave it out`)
  const converted = inUnit(parameter, port.unit, value)
  if (typeof converted === 'object' && converted !== null && 'status' in converted) return converted
  const result = pipeline.fit(id, converted)
  if ('value' in result) return result
  if (result.problem === 'type') return wrong(`parameter ${id} takes ${port.dataType}`)
  const limits = port.range ? `; it takes ${port.range[0]} to ${port.range[1]} ${port.unit ?? ''}`.trimEnd() : ''
  return { status: invalidRequest | jobStatus.parameterOutOfRange, message: `parameter ${id} is out of range${limits}` }
}

/** The value in the unit that the parameter has. */
function inUnit({ id, unit, hasUnknownUnit }: JobParameter, own: string | undefined, value: Value): Value | Fault {
  if (unit === undefined) return value
  const factors = own === undefined || hasUnknownUnit ? undefined : conversion(unit, own)
  if (!factors) {
    const remedy = own === undefined ? 'it takes none' : `it takes ${own}, and what can be converted to it`
    return { status: invalidRequest | jobStatus.wrongUnit, message: `parameter ${id} cannot be in ${unit}; ${remedy}` }
  }
  const { gain, offset } = factors
  if (gain === 1 && offset === 0) return value
  if (typeof value !== 'number') return wrong(`parameter ${id} is no number, and cannot be converted from ${unit}`)
  // The noise of the conversion must not make 0.5 m 500.00000000000006 mm.
  return Number((value * gain + offset).toPrecision(14))
}

function wrong(message: string): Fault {
  return { status: invalidRequest | jobStatus.wrongParameter, message }
}
