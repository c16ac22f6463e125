import {
  type AddressSpace,
  coerceLocalizedText,
  DataType,
  type ExtensionObject,
  Variant,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import { type Job, type JobOutput, type JobState, jobResults, jobStateNumber } from '../../model/job.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import { engineeringUnitOf } from '../port-variable.ts'
import { jobType } from './job-types.ts'

/**
 * A state as ISA95StateDataType. Its BrowsePath is empty, because JobOrderControl has no substates (OPC 10031-4 V2 §6.3.2):
 * OPC 40001-3 fixes its type to the one without.
 */
export function stateStructure(addressSpace: AddressSpace, state: JobState): ExtensionObject {
  const stateText = coerceLocalizedText(state)
  return new (jobType(addressSpace, 'ISA95StateDataType'))({ stateText, stateNumber: jobStateNumber(state) })
}

/**
 * What has come of a job order so far, as ISA95JobResponseDataType (OPC 10031-4 V2 §6.3.3); undefined before it has begun.
 *
 * JobResponseData has JobResult and ReasonForStateChange (OPC 40001-3 §7.2), then the outputs of the pipeline.
 */
export function responseStructure(
  addressSpace: AddressSpace,
  { order, state, response }: Job,
): ExtensionObject | undefined {
  if (!response) return undefined
  const { id, startedAt, endedAt, result, reason, equipment, outputs } = response
  const parameter = (fields: object) => new (jobType(addressSpace, 'ISA95ParameterDataType'))(fields)
  return new (jobType(addressSpace, 'ISA95JobResponseDataType'))({
    jobResponseID: id,
    jobOrderID: order.id,
    startTime: dateOf(startedAt),
    endTime: dateOf(endedAt),
    jobState: [stateStructure(addressSpace, state)],
    jobResponseData: [
      parameter({ ID: 'JobResult', value: scalar(DataType.Int32, jobResults.indexOf(result)) }),
      parameter({ ID: 'ReasonForStateChange', value: textsOf(reason) }),
      ...outputs.map((output) => parameter(outputFields(output))),
    ],
    equipmentActuals: equipment.map((each) => new (jobType(addressSpace, 'ISA95EquipmentDataType'))({ ID: each })),
  })
}

function outputFields({ id, dataType, isArray, value, unit }: JobOutput): object {
  const converted = toVariant({ dataType, isArray }, value)
  return {
    ID: id,
    value: 'variant' in converted ? converted.variant : nullVariant,
    engineeringUnits: unit === undefined ? undefined : engineeringUnitOf(unit),
  }
}

/** LocalizedText[] with the same text in each language that there is: one (OPC 40001-3 §7.2). */
function textsOf(text: string): Variant {
  const value = text === '' ? [] : [coerceLocalizedText(text)]
  return new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value } as VariantLike)
}

function scalar(dataType: DataType, value: unknown): Variant {
  return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value } as VariantLike)
}

function dateOf(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time)
}
