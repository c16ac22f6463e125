import type { Namespace, UADataType, UAObjectType } from 'node-opcua'
import type { EnumerationName } from './enumerations.ts'

/** What the builders of types share. */
export interface TypeContext {
  readonly namespace: Namespace
  readonly enumerations: Readonly<Record<EnumerationName, UADataType>>
  /** Index of the DI namespace in this address space, for BrowseNames such as `2:Diagnostics`. */
  readonly devicesIndex: number
  /** Finds an object type; in namespace 0 unless another URI is given. */
  typeOf(name: string, uri?: string): UAObjectType
}
