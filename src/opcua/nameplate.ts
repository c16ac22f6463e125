import { coerceLocalizedText, DataType, type UAObject, type UAVariable } from 'node-opcua'
import type { MachineNameplate, Nameplate } from '../model/nameplate.ts'
import { childOf } from './space-context.ts'

/** Keys of the nameplates of devices and machines together. */
type Key = keyof Nameplate | keyof MachineNameplate

/** The property that shows each key (OPC 10000-100 §4.5, OPC 40001-1 §8), and how. */
const properties: readonly { readonly key: Key; readonly name: string; readonly kind: keyof typeof shows }[] = [
  { key: 'manufacturer', name: 'Manufacturer', kind: 'localized' },
  { key: 'manufacturerUri', name: 'ManufacturerUri', kind: 'text' },
  { key: 'model', name: 'Model', kind: 'localized' },
  { key: 'productCode', name: 'ProductCode', kind: 'text' },
  { key: 'hardwareRevision', name: 'HardwareRevision', kind: 'text' },
  { key: 'softwareRevision', name: 'SoftwareRevision', kind: 'text' },
  { key: 'deviceRevision', name: 'DeviceRevision', kind: 'text' },
  { key: 'deviceManual', name: 'DeviceManual', kind: 'text' },
  { key: 'deviceClass', name: 'DeviceClass', kind: 'text' },
  { key: 'serialNumber', name: 'SerialNumber', kind: 'text' },
  { key: 'productInstanceUri', name: 'ProductInstanceUri', kind: 'text' },
  { key: 'revisionCounter', name: 'RevisionCounter', kind: 'counter' },
  { key: 'assetId', name: 'AssetId', kind: 'text' },
  { key: 'componentName', name: 'ComponentName', kind: 'localized' },
  { key: 'yearOfConstruction', name: 'YearOfConstruction', kind: 'year' },
  { key: 'monthOfConstruction', name: 'MonthOfConstruction', kind: 'month' },
  { key: 'initialOperationDate', name: 'InitialOperationDate', kind: 'day' },
  { key: 'location', name: 'Location', kind: 'text' },
]

/** What each kind of property holds; a value that is not known is empty, and -1 for a counter (OPC 10000-100 §4.5.2). */
const shows = {
  text: (value: unknown) => ({ dataType: DataType.String, value: value ?? '' }),
  localized: (value: unknown) => ({
    dataType: DataType.LocalizedText,
    value: coerceLocalizedText(String(value ?? '')),
  }),
  counter: (value: unknown) => ({ dataType: DataType.Int32, value: value ?? -1 }),
  year: (value: unknown) => ({ dataType: DataType.UInt16, value }),
  month: (value: unknown) => ({ dataType: DataType.Byte, value }),
  day: (value: unknown) => ({ dataType: DataType.DateTime, value: new Date(`${String(value)}T00:00:00Z`) }),
} as const

/** Properties that every device has (`DeviceType`, OPC 10000-100 §5.3). */
const mandatory: ReadonlySet<string> = new Set(
  ['Manufacturer', 'Model', 'HardwareRevision', 'SoftwareRevision', 'DeviceRevision'].concat([
    'DeviceManual',
    'SerialNumber',
    'RevisionCounter',
  ]),
)

/** Names of the optional properties that a nameplate fills in; an instance without a value does not have the property. */
export function optionalProperties(nameplate: Nameplate | MachineNameplate = {}): readonly string[] {
  return shownOf(nameplate, false).map(({ name }) => name)
}

/** Fills in the nameplate of a device, and lets its group Identification organize it. */
export function showDeviceNameplate(node: UAObject, nameplate: Nameplate = {}): void {
  const group = childOf<UAObject>(node, 'Identification')
  for (const property of showNameplate(node, nameplate, true)) {
    group.addReference({ referenceType: 'Organizes', nodeId: property.nodeId })
  }
}

/** Fills in the properties of a machine's Identification. */
export function showMachineNameplate(identification: UAObject, nameplate: MachineNameplate): void {
  showNameplate(identification, nameplate, false)
}

function showNameplate(node: UAObject, nameplate: Nameplate | MachineNameplate, isDevice: boolean): UAVariable[] {
  return shownOf(nameplate, isDevice).map(({ key, name, kind }) => {
    const property = childOf<UAVariable>(node, name)
    property.setValueFromSource(shows[kind]((nameplate as Readonly<Record<string, unknown>>)[key]) as never)
    return property
  })
}

function shownOf(nameplate: Nameplate | MachineNameplate, isDevice: boolean) {
  const values = nameplate as Readonly<Record<string, unknown>>
  return properties.filter(({ key, name }) => values[key] !== undefined || (isDevice && mandatory.has(name)))
}
