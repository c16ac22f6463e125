import { DataType, type UAMethod, type UAObject, type UAVariable, Variant } from 'node-opcua'
import { diagnosticTag } from '../model/diagnostics.ts'
import type { DeviceDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import { bindMethod, describeMethod } from './calling.ts'
import { addConfiguration } from './device-configuration.ts'
import { addDeviceMethods } from './device-methods.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { equipmentObject, localized } from './equipment-tree.ts'
import { setValue } from './live-values.ts'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import { addPortVariable } from './port-variable.ts'
import { restrictCall } from './roles.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'
import { statusCodeOf } from './status-codes.ts'
import { type DeviceTypeName, deviceMethods } from './types/device-types.ts'
import { makeWritable } from './writing.ts'

/** Device types by the type of their device plugin; other plugins' devices are `PluginDeviceType`. */
const typeByPlugin: Readonly<Record<string, DeviceTypeName>> = {
  modbus: 'ModbusTcpDeviceType',
  'modbus-tcp': 'ModbusTcpDeviceType',
  'modbus-rtu': 'ModbusRtuDeviceType',
  serial: 'SerialDeviceType',
  opcua: 'OpcUaDeviceType',
  'mock-servo': 'SimulatedServoDeviceType',
}

/** Adds a device to DI's DeviceSet and to the Devices folder of its equipment. Its NodeId carries no location, so that moving it keeps every tag. */
export function addDevice(context: SpaceContext, device: DeviceDescription): void {
  const { addressSpace, namespace } = context
  const deviceSet = addressSpace.findNode(`ns=${namespaceOf(addressSpace, namespaceUris.devices).index};i=5001`)
  if (!deviceSet) throw new Error('OPC 10000-100 lacks DeviceSet')
  const hasMethods = device.methods.length > 0
  const node = objectTypeOf(context, typeByPlugin[device.type] ?? 'PluginDeviceType', namespaceUris.types).instantiate({
    browseName: device.id,
    displayName: device.name,
    description: device.description,
    namespace,
    nodeId: `s=dev/${device.id}`,
    componentOf: deviceSet,
    optionals: ['ParameterSet', 'DeviceHealth', 'Configuration', 'Diagnostics', ...(hasMethods ? ['MethodSet'] : [])],
  })
  context.objectById.set(`dev/${device.id}`, node)
  childOf<UAObject>(equipmentObject(context, device.equipment), 'Devices').addReference({
    referenceType: 'Organizes',
    nodeId: node.nodeId,
  })
  setNameplate(node, device)
  bindState(context, node, device.id)
  addTags(context, node, device)
  addConfiguration(context, childOf<UAObject>(node, 'Configuration'), device)
  if (hasMethods) addDeviceMethods(context, childOf<UAObject>(node, 'MethodSet'), device)
  bindConnecting(context, node, device.id)
}

/** The nameplate of DI (OPC 10000-100 §5.5.2): what is not known is empty, and -1 for the revision counter. */
function setNameplate(node: UAObject, { id }: DeviceDescription): void {
  const set = (name: string, value: { dataType: DataType; value: unknown }): void =>
    childOf<UAVariable>(node, name).setValueFromSource(value)
  set('DeviceId', { dataType: DataType.String, value: id })
  for (const name of ['Manufacturer', 'Model']) set(name, localized(''))
  const texts = ['HardwareRevision', 'SoftwareRevision', 'DeviceRevision', 'DeviceManual', 'SerialNumber']
  for (const name of texts) set(name, { dataType: DataType.String, value: '' })
  set('RevisionCounter', { dataType: DataType.Int32, value: -1 })
}

/** Numbers of DI's DeviceHealthEnumeration by state of the connection; a device that is connecting keeps the health it had. */
const healthByState: Readonly<Record<string, number>> = { Disabled: 2, Disconnected: 1, Connected: 0, Error: 1 }

function bindState(context: SpaceContext, node: UAObject, id: string): void {
  bindDiagnostics(context, node, id, [
    { name: 'connectionState', member: 'ConnectionState', kind: 'DeviceConnectionStateEnumeration' },
    { name: 'lastError', member: 'LastError', kind: 'localizedText' },
  ])
  bindDiagnostics(context, childOf<UAObject>(node, 'Diagnostics'), id, [
    { name: 'requestCount', member: 'RequestCount', kind: 'count' },
    { name: 'errorCount', member: 'ErrorCount', kind: 'count' },
    { name: 'reconnectCount', member: 'ReconnectCount', kind: 'count' },
    { name: 'roundTripTime', member: 'RoundTripTime', kind: 'duration' },
    { name: 'lastCommunicationTime', member: 'LastCommunicationTime', kind: 'time' },
  ])
  // Until the first connection a device is neither well nor ill: its function is being checked.
  let health = 2
  context.live.bind(diagnosticTag(id, 'connectionState'), childOf<UAVariable>(node, 'DeviceHealth'), (value) => {
    health = healthByState[String(value)] ?? health
    return { variant: new Variant({ dataType: DataType.Int32, value: health }) }
  })
  setErrorCode(context, id, Status.Good)
}

/** Shows the status of a device's last error. */
export function setErrorCode({ objectById }: SpaceContext, device: string, status: number, time?: number): void {
  const node = objectById.get(`dev/${device}`)
  if (!node) return
  const value = new Variant({ dataType: DataType.StatusCode, value: statusCodeOf(status) })
  setValue(childOf<UAVariable>(node, 'LastErrorCode'), value, Status.Good, time)
}

function addTags(context: SpaceContext, node: UAObject, device: DeviceDescription): void {
  const parent = childOf<UAObject>(node, 'ParameterSet')
  const inputs = new Map(device.inputs.map((port) => [port.name, port]))
  const readOnly = device.outputs.filter(({ name }) => !inputs.has(name))
  for (const port of [...readOnly, ...inputs.values()]) {
    const tag = ownerTag(device.id, port.name)
    const variable = addPortVariable(context, port, { parent, tag, id: tagId(context, device.id, port.name) })
    if (!inputs.has(port.name)) continue
    makeWritable(context, variable, port, (value, initiator) => context.view.write(tag, value, initiator))
  }
}

/** Tags leave `ParameterSet` out of their NodeId, which keeps it short, unless a member of the device's type has the name. */
function tagId({ namespace }: SpaceContext, device: string, name: string): string {
  const short = `dev/${device}.${name}`
  const isTaken = namespace.findNode(`ns=${namespace.index};s=${short}`) !== null
  return isTaken ? `dev/${device}.ParameterSet.${name}` : short
}

function bindConnecting(context: SpaceContext, node: UAObject, id: string): void {
  const { view, anonymous } = context
  const bind = (name: keyof typeof deviceMethods, act: (initiator: string) => Promise<void>): void => {
    const method = childOf<UAObject>(node, name) as unknown as UAMethod
    describeMethod(method, deviceMethods[name])
    bindMethod(context, method, async (_inputs, initiator) => {
      await act(initiator)
      return []
    })
    restrictCall(method, 'Engineer', anonymous)
  }
  bind('Connect', (initiator) => view.connect(id, initiator))
  bind('Disconnect', (initiator) => view.disconnect(id, initiator))
}
