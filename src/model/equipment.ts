import type { MachineNameplate } from './nameplate.ts'

/**
 * Levels of the ISA-95 equipment hierarchy; the position is the number of `EquipmentLevel` in OPC 10030.
 */
export const equipmentLevels = [
  'Enterprise',
  'Site',
  'Area',
  'ProcessCell',
  'Unit',
  'ProductionLine',
  'WorkCell',
  'ProductionUnit',
  'StorageZone',
  'StorageUnit',
  'WorkCenter',
  'WorkUnit',
  'EquipmentModule',
  'ControlModule',
  'Other',
] as const

/** A level of the ISA-95 equipment hierarchy. */
export type EquipmentLevel = (typeof equipmentLevels)[number]

/** Rank of each level: a child's rank must be higher than its parent's (ISA-95 part 1 §5.3; modules may nest). */
export const levelRank: Readonly<Record<EquipmentLevel, number>> = {
  Enterprise: 0,
  Site: 1,
  Area: 2,
  ProcessCell: 3,
  ProductionUnit: 3,
  ProductionLine: 3,
  StorageZone: 3,
  WorkCenter: 3,
  Unit: 4,
  WorkCell: 4,
  StorageUnit: 4,
  WorkUnit: 4,
  EquipmentModule: 5,
  ControlModule: 6,
  Other: 7,
}

/** A piece of equipment. Its path, such as `Acme/Berlin/Line1`, is its id; the last part is its name. */
export interface Equipment {
  readonly path: string
  readonly level: EquipmentLevel
  readonly name: string
  readonly description: string
  /** What stands on the nameplate of a work unit. */
  readonly nameplate?: MachineNameplate | undefined
}
