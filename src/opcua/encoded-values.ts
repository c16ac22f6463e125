import {
  BinaryStream,
  coerceNodeId,
  ExtensionObject,
  NodeId,
  QualifiedName,
  DataType as UaDataType,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { Status } from '../model/status.ts'
import { type DataType, dataTypes, type EncodedValue, isEncoded, type Scalar, type Value } from '../model/value.ts'
import { type Converted, fromVariant } from './conversion.ts'

/** A structure that the stack could not read: the NodeId of its encoding, and its body. */
type OpaqueStructure = ExtensionObject & { readonly nodeId: NodeId; readonly buffer: Buffer }

/** The body may name nodes or types of a namespace that is not here. */
class UnknownNamespace extends Error {}

/**
 * Turns any Variant into a value: one of its own where the model has a form for it, else an encoded one, and a list of such
 * for a list. `namespaces` is the NamespaceArray that the indices in the Variant refer to.
 */
export function valueFrom(variant: Variant, namespaces: readonly string[]): Value {
  const { dataType, arrayType } = variant
  const value: unknown = variant.value
  if (dataType === UaDataType.Null || value === null || value === undefined) return null
  const native = dataTypes.find((name) => UaDataType[name] === dataType)
  const isArray = arrayType === VariantArrayType.Array
  // What is neither one value nor a plain list of values stays a Variant, which tells all of it.
  if (!isArray && arrayType !== VariantArrayType.Scalar) return wholeOf(variant, namespaces)
  if (!isArray) return native ? nativeOf(native, variant) : encodedOf(dataType, value, namespaces)
  const items: readonly unknown[] = [...(value as Iterable<unknown>)]
  if (items.includes(null) || dataType === UaDataType.Variant) return wholeOf(variant, namespaces)
  if (native) return nativeOf(native, variant)
  // An empty list would not tell its type.
  return items.length > 0 ? items.map((item) => encodedOf(dataType, item, namespaces)) : wholeOf(variant, namespaces)
}

/**
 * Turns an encoded value, or a list of them, back into a Variant, with the indices of another NamespaceArray in it where
 * that has changed. A structure that nobody here can read comes back as it is, but as BadDataTypeIdUnknown where its
 * body may hold indices that mean something else now; so does everything that names a namespace which is gone.
 */
export function encodedVariant(value: Value, namespaces: readonly string[]): Converted {
  try {
    if (isEncoded(value)) return { variant: decoded(value, namespaces) }
    if (!Array.isArray(value)) return { status: Status.BadTypeMismatch }
    const variants = (value as readonly Scalar[]).map((item) =>
      isEncoded(item) ? decoded(item, namespaces) : undefined,
    )
    const dataType = variants[0]?.dataType
    const isList = variants.every((each) => each?.dataType === dataType && each?.arrayType === VariantArrayType.Scalar)
    if (dataType === undefined || !isList) return { status: Status.BadTypeMismatch }
    const values = variants.map((each) => each?.value as unknown)
    return { variant: new Variant({ dataType, arrayType: VariantArrayType.Array, value: values }) }
  } catch (error) {
    return { status: error instanceof UnknownNamespace ? Status.BadDataTypeIdUnknown : Status.BadDecodingError }
  }
}

function nativeOf(dataType: DataType, variant: Variant): Value {
  return fromVariant({ dataType, isArray: variant.arrayType === VariantArrayType.Array }, variant) ?? null
}

function wholeOf(variant: Variant, namespaces: readonly string[]): EncodedValue {
  return { type: 'Variant', namespaces: usedIn(variant, namespaces), body: bytesOf(variant) }
}

function encodedOf(dataType: UaDataType, value: unknown, namespaces: readonly string[]): EncodedValue {
  if (dataType === UaDataType.ExtensionObject) return structureOf(value as ExtensionObject, namespaces)
  const bytes = bytesOf(new Variant({ dataType, value }))
  return { type: UaDataType[dataType], namespaces: usedIn(value, namespaces), body: bytes.slice(1) }
}

function structureOf(value: ExtensionObject, namespaces: readonly string[]): EncodedValue {
  const encoding = isOpaque(value) ? value.nodeId : value.schema.encodingDefaultBinary
  const type = (encoding ?? new NodeId()).toString({ namespaceArray: [...namespaces] }).replace(/^ns=0;/, '')
  // In front of the body stand the type, a byte that says that there is one, and its length.
  const header = bytesOf(new Variant({ dataType: UaDataType.NodeId, value: encoding })).length - 1 + 1 + 4
  const bytes = bytesOf(new Variant({ dataType: UaDataType.ExtensionObject, value }))
  return { type, namespaces: usedIn(value, namespaces), body: bytes.slice(1 + header) }
}

/** The part of a NamespaceArray that a value needs, without the first, which never changes. */
function usedIn(value: unknown, namespaces: readonly string[]): readonly string[] {
  let highest = 0
  renumber(value, (index) => {
    highest = Math.max(highest, index)
    return index
  })
  return namespaces.slice(1, hasOpaque(value) ? undefined : highest + 1)
}

function decoded({ type, namespaces: known, body }: EncodedValue, namespaces: readonly string[]): Variant {
  const variant = read(variantBytes(type, body, namespaces))
  if (known.every((uri, index) => namespaces[index + 1] === uri)) return variant
  if (hasOpaque(variant)) throw new UnknownNamespace(`${type} cannot be read, and namespaces have changed`)
  renumber(variant, (index) => {
    const uri = known[index - 1]
    // An index beyond the table meant nothing before either.
    if (uri === undefined) return index
    const now = namespaces.indexOf(uri)
    if (now < 0) throw new UnknownNamespace(`${uri} is not among the namespaces`)
    return now
  })
  return variant
}

/** The Variant around a body, as it would be on the wire. */
function variantBytes(type: string, body: Uint8Array, namespaces: readonly string[]): Uint8Array {
  if (type === 'Variant') return body
  const builtIn = (UaDataType as unknown as Record<string, number | undefined>)[type]
  if (typeof builtIn === 'number') return Buffer.concat([Uint8Array.of(builtIn), body])
  const length = Buffer.alloc(4)
  length.writeInt32LE(body.length)
  const encoding = bytesOf(new Variant({ dataType: UaDataType.NodeId, value: encodingOf(type, namespaces) })).slice(1)
  return Buffer.concat([Uint8Array.of(UaDataType.ExtensionObject), encoding, Uint8Array.of(1), length, body])
}

function encodingOf(type: string, namespaces: readonly string[]): NodeId {
  const uri = /^nsu=([^;]*);/.exec(type)?.[1]
  if (uri !== undefined && !namespaces.includes(uri)) throw new UnknownNamespace(`${uri} is not among the namespaces`)
  return coerceNodeId(type, { namespaceArray: [...namespaces] })
}

function bytesOf(variant: Variant): Uint8Array {
  const stream = new BinaryStream(variant.binaryStoreSize())
  variant.encode(stream)
  return new Uint8Array(stream.buffer.subarray(0, stream.length))
}

function read(bytes: Uint8Array): Variant {
  const stream = new BinaryStream(Buffer.from(bytes))
  const variant = new Variant()
  variant.decode(stream)
  if (stream.length !== bytes.length) throw new Error(`${bytes.length - stream.length} bytes are left over`)
  return variant
}

/** Calls back for every namespace index in a value of the stack, and puts in what it returns; not in a structure that it could not read. */
export function renumber(value: unknown, map: (index: number) => number): void {
  if (value instanceof NodeId) value.namespace = map(value.namespace)
  else if (value instanceof QualifiedName) value.namespaceIndex = map(value.namespaceIndex)
  else for (const part of partsOf(value)) renumber(part, map)
}

function hasOpaque(value: unknown): boolean {
  return isOpaque(value) || partsOf(value).some(hasOpaque)
}

function isOpaque(value: unknown): value is OpaqueStructure {
  return value instanceof ExtensionObject && 'buffer' in value && 'nodeId' in value
}

/** What objects of the stack are made of: those that it encodes by a schema, and lists. */
function partsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const isStructure = typeof value === 'object' && value !== null && 'schema' in value && !isOpaque(value)
  return isStructure ? Object.values(value) : []
}
