/**
 * What stands on the nameplate of a device, under the names of OPC 10000-100 §4.5.2 and §4.5.3; what is absent is not known.
 */
export interface Nameplate {
  readonly manufacturer?: string | undefined
  /** Unique identifier of the manufacturer, usually a web address. */
  readonly manufacturerUri?: string | undefined
  readonly model?: string | undefined
  /** Order number of the manufacturer. */
  readonly productCode?: string | undefined
  readonly hardwareRevision?: string | undefined
  readonly softwareRevision?: string | undefined
  /** Revision of the device as a whole. */
  readonly deviceRevision?: string | undefined
  /** Where the manual is: an address or a path. */
  readonly deviceManual?: string | undefined
  /** What kind of device it is, such as `Flow meter`. */
  readonly deviceClass?: string | undefined
  readonly serialNumber?: string | undefined
  /** Unique identifier of this very product among all of the world, given by its manufacturer. */
  readonly productInstanceUri?: string | undefined
  /** How often the static data of the device has changed. */
  readonly revisionCounter?: number | undefined
  /** Identifier that the owner has given. */
  readonly assetId?: string | undefined
  /** Name that the owner has given. */
  readonly componentName?: string | undefined
}

/** What stands on the nameplate of a machine: OPC 40001-1 §8.6 adds when and where it stands. */
export interface MachineNameplate extends Omit<Nameplate, 'deviceRevision' | 'deviceManual' | 'revisionCounter'> {
  /** Four digits. */
  readonly yearOfConstruction?: number | undefined
  /** 1 to 12. */
  readonly monthOfConstruction?: number | undefined
  /** Day of the first operation, such as `2026-03-01`. */
  readonly initialOperationDate?: string | undefined
  /** Where the machine stands, for people. */
  readonly location?: string | undefined
}

/** What a machine's nameplate must say before the machine is listed among the machines (OPC 40001-1 §8.6, `MachineIdentificationType`). */
export const machineMandatories = ['manufacturer', 'serialNumber', 'productInstanceUri'] as const

/** Tells what a machine's nameplate lacks to be listed among the machines. */
export function missingForMachine(nameplate: MachineNameplate): readonly string[] {
  return machineMandatories.filter((key) => nameplate[key] === undefined)
}
