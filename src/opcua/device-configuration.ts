import { DataType, type UAObject } from 'node-opcua'
import type { DeviceDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import type { DataType as DataTypeName, Scalar, Value } from '../model/value.ts'
import { toVariant } from './conversion.ts'
import { setValue } from './live-values.ts'
import type { SpaceContext } from './space-context.ts'

/** Adds the connection parameters of a device to its group `Configuration`, read-only. Values without a data type are left out. */
export function addConfiguration({ namespace }: SpaceContext, group: UAObject, device: DeviceDescription): void {
  for (const [name, value] of Object.entries(device.configuration)) {
    const dataType = dataTypeOf(value)
    if (!dataType) continue
    const isArray = Array.isArray(value)
    const converted = toVariant({ dataType, isArray }, value)
    if (!('variant' in converted)) continue
    const variable = namespace.addVariable({
      browseName: name,
      nodeId: `s=dev/${device.id}.Configuration.${name}`,
      componentOf: group,
      dataType: DataType[dataType],
      valueRank: isArray ? 1 : -1,
      minimumSamplingInterval: 0,
    })
    setValue(variable, converted.variant, Status.Good)
  }
}

/** The data type of a configured value, which has none of its own: the widest one of its kind. */
function dataTypeOf(value: Value): DataTypeName | undefined {
  const sample: Scalar | null | undefined = Array.isArray(value) ? value[0] : (value as Scalar | null)
  switch (typeof sample) {
    case 'string':
      return 'String'
    case 'boolean':
      return 'Boolean'
    case 'bigint':
      return 'Int64'
    case 'number': {
      const numbers = (Array.isArray(value) ? value : [value]) as readonly number[]
      return numbers.every((number) => Number.isInteger(number) && Math.abs(number) < 2 ** 31) ? 'Int32' : 'Double'
    }
    default:
      return sample instanceof Date ? 'DateTime' : undefined
  }
}
