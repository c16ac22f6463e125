import { type ArgumentOptions, DataType, type UAObject, type Variant } from 'node-opcua'
import { MillraceError } from '../model/errors.ts'
import type { DeviceDescription, MethodDescription, Port } from '../model/port.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { bindMethod } from './calling.ts'
import { fromVariant, toVariant, type ValueShape } from './conversion.ts'
import type { SpaceContext } from './space-context.ts'

/** Adds the methods of a device to its MethodSet, with an argument for each of their fields. */
export function addDeviceMethods(context: SpaceContext, methodSet: UAObject, device: DeviceDescription): void {
  for (const method of device.methods) addDeviceMethod(context, methodSet, device.id, method)
}

function addDeviceMethod(context: SpaceContext, methodSet: UAObject, device: string, method: MethodDescription): void {
  const { namespace, view } = context
  // A method without arguments must not have argument properties, not even empty ones.
  const node = namespace.addMethod(methodSet, {
    browseName: method.name,
    nodeId: `s=dev/${device}.MethodSet.${method.name}`,
    description: method.description,
    ...(method.inputs.length > 0 ? { inputArguments: method.inputs.map(argumentOf) } : {}),
    ...(method.outputs.length > 0 ? { outputArguments: method.outputs.map(argumentOf) } : {}),
  })
  bindMethod(context, node, async (variants, initiator) => {
    const inputs = inputsOf(method.inputs, variants)
    const outputs = await view.call(device, method.name, inputs, initiator)
    return method.outputs.map((port) => outputOf(port, outputs[port.name] ?? null))
  })
}

/** An argument has no room for a unit and a range, so its description says them. */
function argumentOf(port: Port): ArgumentOptions {
  const facts = [
    port.unit,
    port.range && `${port.range[0]} to ${port.range[1]}`,
    port.choices && `one of ${port.choices.join(', ')}`,
  ].filter((fact) => fact !== undefined)
  const text = facts.length > 0 ? `${port.description} [${facts.join('; ')}]` : port.description
  return {
    name: port.name,
    description: { text },
    dataType: DataType[port.dataType],
    valueRank: port.isArray ? 1 : -1,
    ...(port.isArray ? { arrayDimensions: [0] } : {}),
  }
}

/** Arguments are of the plain type of their field: choices stay texts. */
function shapeOf({ dataType, isArray }: Port): ValueShape {
  return { dataType, isArray }
}

function inputsOf(ports: readonly Port[], variants: readonly Variant[]): Record<string, Value> {
  const inputs: Record<string, Value> = {}
  ports.forEach((port, index) => {
    const variant = variants[index]
    const value = variant && fromVariant(shapeOf(port), variant)
    if (value === undefined) {
      throw new MillraceError('value-invalid', `argument ${port.name} is no ${port.dataType}; give one`, {
        status: Status.BadTypeMismatch,
      })
    }
    inputs[port.name] = value
  })
  return inputs
}

function outputOf(port: Port, value: Value): Variant {
  const converted = toVariant(shapeOf(port), value)
  if ('variant' in converted) return converted.variant
  throw new Error(`output ${port.name} of a device method does not fit ${port.dataType}`)
}
