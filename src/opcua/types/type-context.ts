import type { Namespace, UADataType, UAObjectType } from 'node-opcua'
import type { EnumerationName } from './enumerations.ts'
import type { StructureName } from './structures.ts'

/** What the builders of types share. */
export interface TypeContext {
  readonly namespace: Namespace
  readonly enumerations: Readonly<Record<EnumerationName, UADataType>>
  readonly structures: Readonly<Record<StructureName, UADataType>>
  /** Index of the DI namespace in this address space, for BrowseNames such as `2:Diagnostics`. */
  readonly devicesIndex: number
  /** Index of the Machinery namespace in this address space. */
  readonly machineryIndex: number
  /** Finds an object type; in namespace 0 unless another URI is given. */
  typeOf(name: string, uri?: string): UAObjectType
}
