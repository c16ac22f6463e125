import type { UAObjectType } from 'node-opcua'
import { namespaceUris } from '../namespaces.ts'
import { addDataVariable, addMethod, addPart, addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** Concrete device types: one for each driver that the program brings, and one for devices of other plugins. */
export const deviceTypes = {
  ModbusTcpDeviceType: 'A device on Modbus TCP.',
  ModbusRtuDeviceType: 'A device on Modbus RTU.',
  SerialDeviceType: 'A device on a serial line.',
  OpcUaDeviceType: 'Another OPC UA server.',
  SimulatedServoDeviceType: 'A simulated servo axis.',
  PluginDeviceType: 'A device that a plugin of the plant connects to.',
} as const

/** The methods that every device has, and what each does. */
export const deviceMethods = {
  Connect: 'Enables the device and connects to it.',
  Disconnect: 'Closes the connection and does not reconnect.',
} as const

/** BrowseName of a concrete device type. */
export type DeviceTypeName = keyof typeof deviceTypes

/** Adds `ConnectedDeviceType` and its subtypes. `ConnectionState` is ours because `DeviceHealth` says that a device is ill, not that its link is down. */
export function addDeviceTypes(context: TypeContext): void {
  const { namespace, typeOf } = context
  const connected = namespace.addObjectType({
    browseName: 'ConnectedDeviceType',
    description: 'A device that the server keeps a connection to.',
    subtypeOf: typeOf('DeviceType', namespaceUris.devices),
    isAbstract: true,
  })
  addState(context, connected)
  addGroups(context, connected)
  for (const [name, description] of Object.entries(deviceMethods)) {
    addMethod(namespace, connected, { name, description })
  }
  for (const [browseName, description] of Object.entries(deviceTypes)) {
    namespace.addObjectType({ browseName, description, subtypeOf: connected })
  }
}

function addState({ namespace, enumerations }: TypeContext, type: UAObjectType): void {
  addProperty(namespace, type, {
    name: 'DeviceId',
    description: 'Id of the device in the plant file.',
    dataType: 'String',
  })
  addDataVariable(namespace, type, {
    name: 'ConnectionState',
    description: 'State of the connection.',
    dataType: enumerations.DeviceConnectionStateEnumeration,
  })
  addDataVariable(namespace, type, {
    name: 'LastError',
    description: 'Text of the last error; empty while there was none.',
    dataType: 'LocalizedText',
  })
  addDataVariable(namespace, type, {
    name: 'LastErrorCode',
    description: 'Status code of the last error; Good while there was none and after a reconnection.',
    dataType: 'StatusCode',
  })
}

const counters = {
  RequestCount: 'Reads, writes and calls sent to the device.',
  ErrorCount: 'Requests that failed.',
  ReconnectCount: 'Connections made after the first.',
} as const

function addGroups({ namespace, typeOf, devicesIndex }: TypeContext, type: UAObjectType): void {
  const group = typeOf('FunctionalGroupType', namespaceUris.devices)
  addPart(namespace, type, {
    name: `${devicesIndex}:Configuration`,
    description: 'Connection parameters, never credentials.',
    type: group,
    rule: 'Optional',
  })
  const diagnostics = addPart(namespace, type, {
    name: `${devicesIndex}:Diagnostics`,
    description: 'What the connection has done so far.',
    type: group,
    rule: 'Optional',
  })
  for (const [name, description] of Object.entries(counters)) {
    addDataVariable(namespace, diagnostics, { name, description, dataType: 'UInt32' })
  }
  addDataVariable(namespace, diagnostics, {
    name: 'RoundTripTime',
    description: 'Time of the last request, in milliseconds.',
    dataType: 'Duration',
  })
  addDataVariable(namespace, diagnostics, {
    name: 'LastCommunicationTime',
    description: 'When the device last answered.',
    dataType: 'UtcTime',
  })
}
