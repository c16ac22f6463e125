import type { AddressSpace, Namespace, UAObject, UAObjectType, UAVariable } from 'node-opcua'
import type { Limits } from '../model/limits.ts'
import type { Witnesses } from './call-witness.ts'
import type { LiveValues } from './live-values.ts'
import { namespaceOf } from './namespaces.ts'
import type { PlantView } from './plant-view.ts'
import type { AnonymousAccess } from './roles.ts'

/** Takes a line of the log. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void

/** What the builders of the address space share. */
export interface SpaceContext {
  readonly addressSpace: AddressSpace
  /** Namespace of the instances of the plant. */
  readonly namespace: Namespace
  readonly view: PlantView
  readonly live: LiveValues
  readonly log: Log
  readonly anonymous: AnonymousAccess
  /** Those who hear what clients call and write. */
  readonly witnesses: Witnesses
  /** What clients may ask of the server. */
  readonly limits: Limits
  /** The variable that shows each tag; references between variables are drawn from it. */
  readonly variableByTag: Map<string, UAVariable>
  /** The variables that clients may write; every other one is made read-only at the end. */
  readonly writable: Set<UAVariable>
  /** Equipment, device and pipeline objects by their NodeId identifier, such as `dev/plc1`. */
  readonly objectById: Map<string, UAObject>
}

/** Finds an object type; in namespace 0 unless another URI is given. */
export function objectTypeOf({ addressSpace }: SpaceContext, name: string, uri?: string): UAObjectType {
  const index = uri === undefined ? 0 : namespaceOf(addressSpace, uri).index
  const type = addressSpace.findObjectType(name, index)
  if (!type) throw new Error(`object type ${name} is missing in ${uri ?? 'namespace 0'}`)
  return type
}

/** A child by its name without namespace; that it is missing is an error of the program, because a type promises it. */
export function childOf<Kind extends UAObject | UAVariable>(parent: UAObject | UAVariable, name: string): Kind {
  const child = parent.getChildByName(name)
  if (!child) throw new Error(`${parent.nodeId.toString()} has no ${name}`)
  return child as unknown as Kind
}
