import { type AddressSpace, BinaryStream, type ExtensionObject } from 'node-opcua'
import { BinaryStreamSizeCalculator, type OutputBinaryStream } from 'node-opcua-binary-stream'
import { namespaceOf, namespaceUris } from '../namespaces.ts'

/** The structures of OPC 10031-4 V2 §6.3 that are used here. */
export type JobTypeName =
  | 'ISA95EquipmentDataType'
  | 'ISA95JobOrderAndStateDataType'
  | 'ISA95JobOrderDataType'
  | 'ISA95JobResponseDataType'
  | 'ISA95ParameterDataType'
  | 'ISA95StateDataType'
  | 'ISA95WorkMasterDataType'

/** Makes structures; a field that is undefined is left out where it is optional. */
export type Construct = new (fields?: object) => ExtensionObject

const constructsBySpace = new WeakMap<AddressSpace, Map<JobTypeName, Construct>>()

/** The type of a structure in an address space. */
export function jobType(addressSpace: AddressSpace, name: JobTypeName): Construct {
  const constructs = constructsBySpace.get(addressSpace) ?? new Map<JobTypeName, Construct>()
  constructsBySpace.set(addressSpace, constructs)
  const known = constructs.get(name)
  if (known) return known
  const type = addressSpace.findDataType(name, namespaceOf(addressSpace, namespaceUris.jobControl).index)
  if (!type) throw new Error(`data type ${name} is missing in ${namespaceUris.jobControl}`)
  const construct = addressSpace.getExtensionObjectConstructor(type.nodeId) as unknown as Construct
  constructs.set(name, construct)
  return construct
}

/** Tells whether a value of a client is a structure of a type: the stack lets any other structure pass. */
export function isOfType(value: unknown, name: JobTypeName): value is ExtensionObject {
  return (value as { schema?: { name?: string } } | null | undefined)?.schema?.name === name
}

/** The body of a structure as OPC UA Binary (Part 6 §5.2.6), without the header of an ExtensionObject. */
export function bodyOf(object: { encode(stream: OutputBinaryStream): void }): Uint8Array {
  const size = new BinaryStreamSizeCalculator()
  object.encode(size)
  const stream = new BinaryStream(size.length)
  object.encode(stream)
  return new Uint8Array(stream.buffer.subarray(0, stream.length))
}

interface Embodied {
  readonly body: Uint8Array
}

/** Writes a body inside another one. */
export function writeBytes(bytes: Uint8Array, stream: OutputBinaryStream): void {
  stream.writeArrayBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
}

/** Makes structures of one type that are sent as the body that they are made with, however often. */
export type FromBody = (body: Uint8Array) => ExtensionObject

/**
 * Makes structures out of bodies: lists of thousands are sent again and again, and almost all of their elements are what they
 * were. To the stack they are of the type, and a copy of one is the same object, because nothing in it can change.
 */
export function fromBody(type: Construct): FromBody {
  function itself(object: object): object {
    return object
  }
  // The stack knows the type of an element by the name of its constructor.
  Object.defineProperty(itself, 'name', { value: type.name })
  const prototype = Object.create(type.prototype, {
    constructor: { value: itself },
    schema: { value: new type().schema },
    encode: {
      value(this: Embodied, stream: OutputBinaryStream): void {
        writeBytes(this.body, stream)
      },
    },
    toJSON: {
      value(this: Embodied): unknown {
        const structure = new type()
        structure.decode(new BinaryStream(Buffer.from(this.body)))
        return structure.toJSON()
      },
    },
  })
  return (body) => Object.create(prototype, { body: { value: body, enumerable: true } })
}
