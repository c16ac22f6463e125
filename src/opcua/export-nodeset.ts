import {
  AddressSpace,
  DataType,
  generateAddressSpace,
  type Namespace,
  NamespaceOptions,
  type UAVariable,
} from 'node-opcua'
import { systemClock } from '../model/clock.ts'
import type { Limits } from '../model/limits.ts'
import { instancesUri, namespaceOf } from './namespaces.ts'
import { serverNodesets } from './nodesets.ts'
import { buildPlantSpace } from './plant-space.ts'
import type { AnonymousAccess } from './roles.ts'
import { receiveStackMessages } from './stack-messages.ts'
import { type PlantDescription, stillView } from './still-view.ts'

/** How a plant is exported. */
export interface ExportOptions {
  /** The date that the model says it was published at. */
  readonly date: Date
  /** What may be done without a login: the permissions are part of the nodes. */
  readonly anonymous: AnonymousAccess
  /** What clients may ask of the server; those of the table when it is absent. */
  readonly limits?: Limits | undefined
  /** NodeSets of the plant folder. */
  readonly nodesets?: readonly string[]
}

/**
 * Makes a NodeSet2 document of all instances of a plant, as its server would show them before anything has happened.
 *
 * Another server can load it together with our types and the companion NodeSets: an engineering tool sees the tree with the
 * NodeIds that clients will use. The same plant and date give the same text.
 */
export async function exportNodeset(plant: PlantDescription, options: ExportOptions): Promise<string> {
  const { date, anonymous, limits, nodesets = [] } = options
  NamespaceOptions.nodeIdNameSeparator = '.'
  const forget = receiveStackMessages(() => undefined)
  const addressSpace = AddressSpace.create()
  const startedAt = systemClock.now()
  try {
    await generateAddressSpace(addressSpace, [...serverNodesets, ...nodesets])
    // The application's own namespace is the second of every server; this one has no application.
    addressSpace.registerNamespace('urn:millrace:export')
    const space = buildPlantSpace(addressSpace, { view: stillView(plant), anonymous, limits, log: () => undefined })
    try {
      const namespace = namespaceOf(addressSpace, instancesUri(plant.id))
      publish(namespace, date)
      return atDate(namespace.toNodeset2XML(), startedAt, date)
    } finally {
      space.stop()
    }
  } finally {
    addressSpace.dispose()
    forget()
  }
}

/** Values that mean now, such as when a Program was created, get the date of the export. */
function atDate(xml: string, startedAt: number, date: Date): string {
  return xml.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => (Date.parse(time) >= startedAt ? date.toISOString() : time))
}

/** A model has a version and a date (Part 6 Annex F.5), which its metadata repeats. */
function publish(namespace: Namespace, date: Date): void {
  namespace.version = '1.0.0'
  namespace.publicationDate = date
  const variable = namespace.findNode('s=namespace.NamespacePublicationDate') as UAVariable | null
  variable?.setValueFromSource({ dataType: DataType.DateTime, value: date })
}
