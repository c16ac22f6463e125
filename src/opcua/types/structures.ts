import { coerceNodeId, DataType, type Namespace, type UADataType } from 'node-opcua'
import type { EnumerationName } from './enumerations.ts'

/** A field of a structure: its data type, by the name of a built-in type or of an enumeration of ours, and what it says. */
interface StructureField {
  readonly dataType: 'String' | 'UInt32' | 'DateTime' | EnumerationName
  readonly description: string
}

/** The structures of ours. None has optional fields, so that clients with simple decoders read them. */
export const structures = {
  FindingDataType: {
    Code: { dataType: 'String', description: 'What is wrong, as a code of the table of findings.' },
    Severity: { dataType: 'FindingSeverityEnumeration', description: 'Whether it prevents the deployment.' },
    File: { dataType: 'String', description: 'File that it was found in.' },
    Line: { dataType: 'UInt32', description: 'Line, from 1; 0 when unknown.' },
    Column: { dataType: 'UInt32', description: 'Column, from 1; 0 when unknown.' },
    Path: { dataType: 'String', description: 'Place inside the document, as keys joined by dots.' },
    Message: { dataType: 'String', description: 'What is wrong.' },
    Remedy: { dataType: 'String', description: 'What to do about it.' },
  },
  PipelineVersionDataType: {
    PipelineId: { dataType: 'String', description: 'Id of the pipeline.' },
    Version: { dataType: 'UInt32', description: 'Number of the version, from 1; never used again.' },
    Time: { dataType: 'DateTime', description: 'When it was deployed.' },
    Initiator: { dataType: 'String', description: 'Who deployed it.' },
    Comment: { dataType: 'String', description: 'Why, in the words of who deployed it.' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, StructureField>>>>

/** Name of a structure of ours. */
export type StructureName = keyof typeof structures

const descriptions: Readonly<Record<StructureName, string>> = {
  FindingDataType: 'Something that is wrong, or doubtful, in a definition.',
  PipelineVersionDataType: 'A definition of a pipeline that was deployed.',
}

/** The encodings that a structure offers; BrowseNames are the specification's (Part 3 §5.8.4). */
const encodings = ['Default Binary', 'Default XML', 'Default JSON'] as const

/** Adds the structures and their encodings, and returns their data types. */
export function addStructures(
  namespace: Namespace,
  enumerations: Readonly<Record<EnumerationName, UADataType>>,
): Readonly<Record<StructureName, UADataType>> {
  const entries = Object.entries(structures).map(([name, fields]) => {
    const dataType = namespace.createDataType({
      browseName: name,
      description: descriptions[name as StructureName],
      isAbstract: false,
      subtypeOf: 'Structure',
      partialDefinition: Object.entries<StructureField>(fields).map(([field, { dataType, description }]) => ({
        name: field,
        description,
        dataType: isEnumeration(dataType) ? enumerations[dataType].nodeId : coerceNodeId(DataType[dataType]),
        valueRank: -1,
        isOptional: false,
      })) as Parameters<Namespace['createDataType']>[0]['partialDefinition'] & object,
    })
    for (const encoding of encodings) addEncoding(namespace, dataType, encoding)
    return [name, dataType]
  })
  return Object.fromEntries(entries) as Record<StructureName, UADataType>

  function isEnumeration(name: string): name is EnumerationName {
    return name in enumerations
  }
}

function addEncoding(namespace: Namespace, dataType: UADataType, name: string): void {
  namespace.addObject({
    browseName: { namespaceIndex: 0, name },
    encodingOf: dataType,
    typeDefinition: 'DataTypeEncodingType',
  })
}
