import {
  BinaryStream,
  coerceLocalizedText,
  DataType,
  DataValue,
  ExpandedNodeId,
  type ExtensionObject,
  type LocalizedText,
  type NodeId,
  QualifiedName,
  type StatusCode,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { BinaryStreamSizeCalculator } from 'node-opcua-binary-stream'
import { OpaqueStructure } from 'node-opcua-extension-object'
import type { Storable } from '../../../sqlite/value-codec.ts'
import { nullVariant } from '../../conversion.ts'
import { statusCodeOf } from '../../status-codes.ts'
import { type NamespaceMap, nodeIdText } from './namespace-map.ts'

/** How values of a built-in type are kept, and how they come back. */
interface Scalars {
  readonly store: (value: never) => Storable
  readonly load: (stored: never, namespaces: NamespaceMap) => unknown
}

const asIs: Scalars = { store: (value: Storable) => value, load: (stored: Storable) => stored }

type StoredDataValue = readonly [Storable, number, Date | null, number, Date | null]

/** The stack holds 64-bit integers as high and low words. */
const words: Scalars = {
  store: ([high, low]: [number, number]) => [high, low],
  load: (stored: number[]) => [...stored],
}

/** Types that can be kept, by name. A DiagnosticInfo has no place in an event. */
const scalars: Readonly<Record<string, Scalars>> = {
  ...Object.fromEntries(
    [
      ...['Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Float', 'Double'],
      ...['String', 'DateTime', 'Guid', 'XmlElement'],
    ].map((name) => [name, asIs]),
  ),
  Int64: words,
  UInt64: words,
  ByteString: {
    store: (value: Uint8Array) => new Uint8Array(value),
    load: (stored: Uint8Array) => Buffer.from(stored),
  },
  NodeId: {
    store: (value: NodeId) => nodeIdText(value),
    load: (stored: string, namespaces) => namespaces.nodeId(stored),
  },
  ExpandedNodeId: {
    store: (value: ExpandedNodeId) => [nodeIdText(value), value.namespaceUri ?? null, value.serverIndex],
    load: ([text, uri, server]: [string, string | null, number], namespaces) => {
      const { identifierType, value, namespace } = namespaces.nodeId(text)
      return new ExpandedNodeId(identifierType, value, namespace, uri, server)
    },
  },
  StatusCode: { store: (value: StatusCode) => value.value, load: (stored: number) => statusCodeOf(stored) },
  QualifiedName: {
    store: (value: QualifiedName) => [value.namespaceIndex, value.name ?? null],
    load: ([index, name]: [number, string | null], namespaces) =>
      new QualifiedName({ namespaceIndex: namespaces.toLive(index) ?? 0, name }),
  },
  LocalizedText: {
    store: ({ locale, text }: LocalizedText) => [locale ?? null, text ?? null],
    load: ([locale, text]: [string | null, string | null]) => coerceLocalizedText({ locale, text }),
  },
  ExtensionObject: { store: storedObject, load: loadedObject },
  DataValue: {
    store: ({ value, statusCode, sourceTimestamp, sourcePicoseconds, serverTimestamp }: DataValue) => [
      ...[storeVariant(value ?? nullVariant), statusCode.value, sourceTimestamp, sourcePicoseconds, serverTimestamp],
    ],
    load: ([value, status, sourceTimestamp, sourcePicoseconds, serverTimestamp]: StoredDataValue, namespaces) =>
      new DataValue({
        ...{ value: loadVariant(value, namespaces), statusCode: statusCodeOf(status) },
        ...{ sourceTimestamp, sourcePicoseconds, serverTimestamp },
      }),
  },
  Variant: {
    store: (value: Variant) => storeVariant(value),
    load: (stored: Storable, namespaces) => loadVariant(stored, namespaces),
  },
}

/**
 * A Variant as plain data: name of its type, value, and the dimensions of a matrix or `true` for an array. Indices of namespaces
 * stay as they are: {@link loadVariant} brings them to those of then. Null for what an event cannot have.
 */
export function storeVariant({ dataType, arrayType, value, dimensions }: Variant): Storable {
  const name = DataType[dataType] ?? ''
  const kind = scalars[name]
  if (!kind || value === null || value === undefined) return null
  const one = (each: unknown): Storable => (each === null || each === undefined ? null : kind.store(each as never))
  if (arrayType === VariantArrayType.Scalar) return [name, one(value)]
  const shape = arrayType === VariantArrayType.Matrix ? [...(dimensions ?? [])] : true
  return [name, Array.from(value as Iterable<unknown>, one), shape]
}

/** The Variant of what was stored. A structure comes back as its bytes, which clients decode as ever. */
export function loadVariant(stored: Storable, namespaces: NamespaceMap): Variant {
  if (!Array.isArray(stored)) return nullVariant
  const [name, value, shape] = stored as unknown as readonly [string, Storable, (true | readonly number[])?]
  const kind = scalars[name]
  if (!kind) return nullVariant
  // A Variant without a value is still a Variant.
  const isLoaded = (each: Storable): boolean => each !== null || name === 'Variant'
  const one = (each: Storable): unknown => (isLoaded(each) ? kind.load(each as never, namespaces) : null)
  const dataType = DataType[name as keyof typeof DataType]
  if (shape === undefined) return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value: one(value) })
  const values = (value as readonly Storable[]).map(one)
  if (shape === true) return new Variant({ dataType, arrayType: VariantArrayType.Array, value: values })
  return new Variant({ dataType, arrayType: VariantArrayType.Matrix, dimensions: [...shape], value: values })
}

/** A structure as the NodeId of its binary encoding and its bytes. */
function storedObject(object: ExtensionObject): Storable {
  if (object instanceof OpaqueStructure) return [nodeIdText(object.nodeId), new Uint8Array(object.buffer)]
  const size = new BinaryStreamSizeCalculator()
  object.encode(size)
  const stream = new BinaryStream(size.length)
  object.encode(stream)
  const { encodingDefaultBinary } = object.schema
  return encodingDefaultBinary ? [nodeIdText(encodingDefaultBinary), new Uint8Array(stream.buffer)] : null
}

function loadedObject([encoding, body]: [string, Uint8Array], namespaces: NamespaceMap): ExtensionObject {
  return new OpaqueStructure(namespaces.nodeId(encoding), Buffer.from(body))
}
