import {
  type AddressSpace,
  coerceLocalizedText,
  DataType,
  type ExtensionObject,
  Variant,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import type { PipelineDescription, Port } from '../../model/port.ts'
import type { DataType as ValueType } from '../../model/value.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import { engineeringUnitOf } from '../port-variable.ts'
import { jobType } from './job-types.ts'

/**
 * What a piece of equipment can do, as ISA95WorkMasterDataType[] (OPC 10031-4 V2 §6.3.11): each of its pipelines with the
 * parameters that a job order may give, each with its default as the value.
 *
 * The specification has no place for limits, so a parameter says them in words and has them as subparameters: `Min` and `Max` in
 * its own type and unit, and `Choices`, the texts that it may be.
 */
export function workMasters(addressSpace: AddressSpace, pipelines: readonly PipelineDescription[]): Variant {
  const value = pipelines.map(({ id, name, description, parameters }) => {
    const text = description === '' || description === name ? name : `${name}: ${description}`
    return new (jobType(addressSpace, 'ISA95WorkMasterDataType'))({
      ID: id,
      description: coerceLocalizedText(text),
      parameters: parameters.map((port) => parameterStructure(addressSpace, port)),
    })
  })
  return new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value })
}

function parameterStructure(addressSpace: AddressSpace, port: Port): ExtensionObject {
  const { name, dataType, isArray, unit } = port
  const subparameters = limitsOf(port)
  const parameter = (fields: object) => new (jobType(addressSpace, 'ISA95ParameterDataType'))(fields)
  const engineeringUnits = unit === undefined ? undefined : engineeringUnitOf(unit)
  return parameter({
    ID: name,
    value: variantOf({ dataType, isArray }, port.default ?? null),
    description: [coerceLocalizedText(describe(port))],
    engineeringUnits,
    subparameters:
      subparameters.length === 0
        ? undefined
        : subparameters.map(({ ID, value }) =>
            parameter({ ID, value, engineeringUnits: ID === 'Choices' ? undefined : engineeringUnits }),
          ),
  })
}

function limitsOf(port: Port): readonly { readonly ID: string; readonly value: Variant }[] {
  const { dataType, choices } = port
  const { min, max } = limitsIn(port)
  const limit = (ID: string, value: number) => ({ ID, value: limitVariant(dataType, value) })
  return [
    ...(min === undefined ? [] : [limit('Min', min)]),
    ...(max === undefined ? [] : [limit('Max', max)]),
    ...(choices ? [{ ID: 'Choices', value: variantOf({ dataType: 'String', isArray: true }, choices) }] : []),
  ]
}

function limitsIn({ range, limit }: Port): { readonly min?: number; readonly max?: number } {
  return range ? { min: range[0], max: range[1] } : (limit ?? {})
}

/** A limit in the type of the parameter, or as a Double where that has no such value. */
function limitVariant(dataType: ValueType, value: number): Variant {
  const converted = toVariant({ dataType, isArray: false }, value)
  return 'variant' in converted ? converted.variant : variantOf({ dataType: 'Double', isArray: false }, value)
}

function variantOf(shape: Parameters<typeof toVariant>[0], value: Parameters<typeof toVariant>[1]): Variant {
  const converted = toVariant(shape, value)
  return 'variant' in converted ? new Variant(converted.variant as VariantLike) : nullVariant
}

/** A description that tells the limits too. */
function describe(port: Port): string {
  const { description, choices, unit, dataType, isArray } = port
  const { min, max } = limitsIn(port)
  const ends = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`
  const limits = min === undefined && max === undefined ? (choices?.join(', ') ?? '') : ends
  const type = isArray ? `${dataType}[]` : dataType
  const facts = [type, ...(limits === '' ? [] : [limits])].join(', ')
  return `${description} (${facts}${unit === undefined ? '' : ` ${unit}`})`.trimStart()
}
