import type { Namespace } from 'node-opcua'

/** Name and inverse name of each reference type of ours; all are non-hierarchical, so that no browser shows a device below a pipeline. */
export const referenceTypes = {
  DataFlowsTo: {
    inverse: 'ReceivesDataFrom',
    description: 'Values of the source Variable flow to the target Variable.',
  },
  ReadsFrom: { inverse: 'IsReadBy', description: 'The source step or pipeline takes values from the target Variable.' },
  WritesTo: { inverse: 'IsWrittenBy', description: 'The source step or pipeline writes the target Variable.' },
  IsProvidedBy: { inverse: 'Provides', description: 'The source step or kind comes from the target plugin.' },
} as const

/** Name of a reference type of ours. */
export type ReferenceTypeName = keyof typeof referenceTypes

/** Adds the reference types of the information model (section 5.3). */
export function addReferenceTypes(namespace: Namespace): void {
  for (const [browseName, { inverse, description }] of Object.entries(referenceTypes)) {
    namespace.addReferenceType({
      browseName,
      inverseName: inverse,
      description,
      subtypeOf: 'NonHierarchicalReferences',
    })
  }
}
