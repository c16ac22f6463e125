import { DataType, type UAMethod, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { DeviceDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import { bindMethod, describeMethod } from './calling.ts'
import { addConfiguration } from './device-configuration.ts'
import { bindHealth } from './device-health.ts'
import { addDeviceMethods } from './device-methods.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { equipmentObject } from './equipment-tree.ts'
import { addOperational, organize, organizeAll } from './functional-group.ts'
import { setValue } from './live-values.ts'
import { optionalProperties, showDeviceNameplate } from './nameplate.ts'
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
  'serial-line': 'SerialDeviceType',
  opcua: 'OpcUaDeviceType',
  'mock-servo': 'SimulatedServoDeviceType',
}

function typeNameOf({ type, configuration }: DeviceDescription): DeviceTypeName {
  // One plugin speaks both, and its transport decides.
  const isRtu = type === 'modbus' && String(configuration['transport'] ?? '').startsWith('rtu')
  return isRtu ? 'ModbusRtuDeviceType' : (typeByPlugin[type] ?? 'PluginDeviceType')
}

/** Adds a device to DI's DeviceSet and to the Devices folder of its equipment. Its NodeId carries no location, so that moving it keeps every tag. */
export function addDevice(context: SpaceContext, device: DeviceDescription): void {
  const node = addObject(context, device)
  childOf<UAVariable>(node, 'DeviceId').setValueFromSource({ dataType: DataType.String, value: device.id })
  showDeviceNameplate(node, device.nameplate)
  bindState(context, node, device.id)
  bindHealth(context, childOf<UAVariable>(node, 'DeviceHealth'), device)
  organize(childOf<UAObject>(node, 'Diagnostics'), node, ['ConnectionState', 'LastError', 'LastErrorCode'])
  addConfiguration(context, childOf<UAObject>(node, 'Configuration'), device)
  const operational = addOperational(context, node)
  addTags(context, node, device)
  organizeAll(operational, childOf<UAObject>(node, 'ParameterSet'))
  if (device.methods.length > 0) {
    const methodSet = childOf<UAObject>(node, 'MethodSet')
    addDeviceMethods(context, methodSet, device)
    organizeAll(operational, methodSet)
  }
  bindConnecting(context, node, device.id)
}

function addObject(context: SpaceContext, device: DeviceDescription): UAObject {
  const { addressSpace, namespace } = context
  const deviceSet = addressSpace.findNode(`ns=${namespaceOf(addressSpace, namespaceUris.devices).index};i=5001`)
  if (!deviceSet) throw new Error('OPC 10000-100 lacks DeviceSet')
  const node = objectTypeOf(context, typeNameOf(device), namespaceUris.types).instantiate({
    browseName: device.id,
    displayName: device.name,
    description: device.description,
    namespace,
    nodeId: `s=dev/${device.id}`,
    componentOf: deviceSet,
    optionals: [
      ...['ParameterSet', 'DeviceHealth', 'Configuration', 'Diagnostics', 'Identification', 'DeviceHealthAlarms'],
      ...(device.methods.length > 0 ? ['MethodSet'] : []),
      ...optionalProperties(device.nameplate),
    ],
  })
  context.objectById.set(`dev/${device.id}`, node)
  childOf<UAObject>(equipmentObject(context, device.equipment), 'Devices').addReference({
    referenceType: 'Organizes',
    nodeId: node.nodeId,
  })
  return node
}

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
    const variable = addPortVariable(context, port, { parent, tag, id: tagId(context, parent, port.name) })
    if (!inputs.has(port.name)) continue
    makeWritable(context, variable, port, (value, initiator) => context.view.write(tag, value, initiator))
  }
}

/** Tags leave `ParameterSet` out of their NodeId, which keeps it short, unless a member of the device's type has the name. */
function tagId({ namespace }: SpaceContext, parameterSet: UAObject, name: string): string {
  const device = String(parameterSet.nodeId.value).slice(0, -'.ParameterSet'.length)
  const short = `${device}.${name}`
  const holder = namespace.findNode(`ns=${namespace.index};s=${short}`)
  const isTaken = holder !== null && (holder as UAVariable).parent !== parameterSet
  return isTaken ? `${device}.ParameterSet.${name}` : short
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
