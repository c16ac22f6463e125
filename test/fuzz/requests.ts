import * as stack from 'node-opcua'
import { DataType, type NodeId, resolveNodeId, Variant, VariantArrayType } from 'node-opcua'
import * as types from 'node-opcua-types'
import { instances } from '../hostile/plant-files.ts'
import type { Random } from '../hostile/random.ts'

/** A field of a structure of the stack, as its schema tells it. */
interface Field {
  readonly name: string
  readonly fieldType: string
  readonly isArray?: boolean
  readonly category: 'basic' | 'complex' | 'enumeration'
}

/** An instance of a structure, whose fields are set past its constructor, which takes nothing wrong. */
type Structure = Record<string, unknown> & { readonly schema: { readonly fields: readonly Field[] } }

const classes = { ...types, ...stack } as unknown as Readonly<Record<string, new (options?: object) => Structure>>

/** The requests of a session, the frequent ones first; closing is left to the end of a connection. */
const requestNames = [
  ...['Read', 'Write', 'Call', 'Browse', 'BrowseNext', 'CreateMonitoredItems', 'HistoryRead', 'HistoryUpdate'],
  ...['CreateSubscription', 'ModifySubscription', 'ModifyMonitoredItems', 'SetMonitoringMode', 'SetTriggering'],
  ...['DeleteMonitoredItems', 'Publish', 'Republish', 'TransferSubscriptions', 'DeleteSubscriptions', 'Cancel'],
  ...['SetPublishingMode', 'TranslateBrowsePathsToNodeIds', 'RegisterNodes', 'UnregisterNodes', 'QueryFirst'],
  ...['QueryNext', 'AddNodes', 'AddReferences', 'FindServers', 'GetEndpoints'],
  ...['ActivateSession', 'CreateSession'],
].map((name) => `${name}Request`)

/** Structures that stand where any structure may stand. */
const structureNames = [
  ...['EventFilter', 'DataChangeFilter', 'AggregateFilter', 'ReadRawModifiedDetails', 'ReadProcessedDetails'],
  ...[
    'ReadAtTimeDetails',
    'ReadEventDetails',
    'UpdateDataDetails',
    'UpdateDataDetails',
    'DeleteRawModifiedDetails',
    'DeleteAtTimeDetails',
  ],
  ...['UpdateStructureDataDetails', 'UpdateEventDetails', 'AnonymousIdentityToken', 'UserNameIdentityToken'],
  ...['X509IdentityToken', 'IssuedIdentityToken', 'LiteralOperand', 'ElementOperand', 'SimpleAttributeOperand'],
  ...['AttributeOperand', 'ContentFilter', 'Argument', 'Range', 'EUInformation'],
]

const nodeIds = [
  ...['dev/boiler1.setpoint', 'dev/boiler1.pressure', 'dev/servo1', 'dev/servo1.MethodSet', 'pipe/watch', 'pipe/count'],
  ...['dev/servo1.MethodSet.moveAbsolute', 'pipe/watch.Start', 'pipe/watch.Stop', 'pipe/watch.Reset', 'runtime'],
  ...['pipe/watch.Parameters.gain', 'pipe/count.Outputs.count', 'pipe/watch.Outputs.pressure', 'historian', 'health'],
  ...['runtime.Validate', 'runtime.Deploy', 'runtime.Remove', 'eq/Acme/Line1', 'nothing'],
]
  .map((id) => `${instances};s=${id}`)
  .concat(
    'i=84',
    'i=85',
    'i=2253',
    'i=2255',
    'i=2258',
    'i=2267',
    'i=2041',
    'i=58',
    'i=2342',
    'i=3875',
    'i=12912',
    'i=11492',
  )

const integers: Readonly<Record<string, readonly [number, number]>> = {
  SByte: [-128, 127],
  Byte: [0, 255],
  Int16: [-32_768, 32_767],
  UInt16: [0, 65_535],
  Int32: [-(2 ** 31), 2 ** 31 - 1],
  UInt32: [0, 2 ** 32 - 1],
}
const doubles = [
  0,
  -0,
  1,
  -1,
  0.5,
  100,
  1e308,
  -1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  3_600_000,
  2 ** 53,
]
const texts = [
  '',
  'a',
  '__proto__',
  'constructor',
  '\u0000',
  '💧',
  '%s',
  '../x',
  'x'.repeat(2000),
  '1:2',
  '0',
  '5:',
  'en',
]

/** Sets a field; a few refuse by a setter what is in no table, and keep what they have. */
function set(made: Structure, name: string, value: unknown): void {
  try {
    Object.assign(made, { [name]: value })
  } catch {
    return
  }
}

/** Makes requests of every kind, with whatever the types of their fields allow, and sometimes more. */
export class RequestGrammar {
  readonly #random: Random
  #depth = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** A request of any kind. */
  request(): object {
    // The first ones are the hot ones.
    const index = Math.floor(this.#random.next() ** 2 * requestNames.length)
    const name = requestNames[index] ?? 'ReadRequest'
    // A refused login is answered late, which leaves less time for everything else.
    return this.structure(name === 'ActivateSessionRequest' && !this.#random.oneIn(8) ? 'ReadRequest' : name)
  }

  /** A structure of a name, with all its fields. */
  structure(name: string): Structure {
    const Class = classes[name]
    if (!Class) throw new Error(`the stack has no ${name}`)
    const made = new Class()
    this.#depth += 1
    for (const field of made.schema.fields) {
      if (field.name !== 'requestHeader' && !this.#random.oneIn(12)) set(made, field.name, this.#value(field))
    }
    this.#depth -= 1
    return made
  }

  #value(field: Field): unknown {
    if (!field.isArray) return this.#single(field)
    if (this.#random.oneIn(12)) return null
    const length = this.#random.oneIn(40) ? 500 : this.#random.below(this.#depth > 3 ? 2 : 4)
    const one = length > 10 ? this.#single(field) : undefined
    return Array.from({ length }, () => one ?? this.#single(field))
  }

  #single({ fieldType, category }: Field): unknown {
    if (category === 'enumeration')
      return this.#random.oneIn(8) ? this.#random.pick([-1, 99, 2 ** 31 - 1]) : this.#random.below(4)
    if (category === 'complex') return this.structure(fieldType)
    return this.#basic(fieldType)
  }

  #basic(type: string): unknown {
    const random = this.#random
    const range = integers[type]
    if (range) return random.oneIn(3) ? random.pick(range) : Math.min(random.below(20), range[1])
    switch (type) {
      case 'Boolean':
        return random.oneIn(2)
      case 'Double':
      case 'Float':
        return random.pick(doubles)
      case 'Int64':
      case 'UInt64':
        return [random.below(2 ** 32), random.below(2 ** 32)]
      case 'DateTime':
        return random.pick([null, new Date(0), new Date(), new Date(8.64e15), new Date(-62_135_596_800_000)])
      case 'ByteString':
        return random.oneIn(5) ? null : random.bytes(random.below(40))
      case 'NodeId':
        return this.#nodeId()
      case 'ExpandedNodeId':
        return new stack.ExpandedNodeId(1, random.below(5000), random.below(12))
      case 'QualifiedName':
        return new stack.QualifiedName({ name: random.pick(texts), namespaceIndex: random.below(12) })
      case 'LocalizedText':
        return new stack.LocalizedText({ text: random.pick(texts), locale: random.pick(texts) })
      case 'StatusCode':
        return random.pick([stack.StatusCodes.Good, stack.StatusCodes.Bad, stack.StatusCodes.UncertainInitialValue])
      case 'NumericRange':
        return Object.assign(new stack.NumericRange(), new stack.NumericRange(random.pick(texts)))
      case 'Variant':
        return this.#variant()
      case 'DataValue':
        return Object.assign(new stack.DataValue({}), { value: this.#variant() })
      case 'ExtensionObject':
        return random.oneIn(6) || this.#depth > 5 ? null : this.structure(random.pick(structureNames))
      case 'Guid':
        return stack.emptyGuid
      case 'DiagnosticInfo':
        return null
      default:
        return random.oneIn(8) ? null : random.pick(texts)
    }
  }

  #nodeId(): NodeId {
    const random = this.#random
    if (!random.oneIn(6)) return resolveNodeId(random.pick(nodeIds))
    return random.pick([
      resolveNodeId(`ns=${random.below(70_000) & 0xffff};i=${random.below(20_000)}`),
      resolveNodeId('ns=1;s=__proto__'),
      new stack.NodeId(),
      resolveNodeId('ns=0;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63'),
    ])
  }

  #variant(): Variant {
    const random = this.#random
    const dataType = random.pick([
      ...[DataType.Double, DataType.Double, DataType.Boolean, DataType.Int32, DataType.UInt32, DataType.String],
      ...[DataType.ByteString, DataType.DateTime, DataType.NodeId, DataType.StatusCode, DataType.ExtensionObject],
      ...[DataType.LocalizedText, DataType.QualifiedName, DataType.Int64, DataType.Variant, DataType.Null],
    ])
    if (dataType === DataType.Null || (dataType === DataType.Variant && this.#depth > 5)) return new Variant({})
    const one = () => this.#basic(DataType[dataType])
    const made = new Variant({})
    const isArray = dataType === DataType.Variant || random.oneIn(3)
    const value = isArray ? Array.from({ length: random.below(4) }, one) : one()
    const arrayType = isArray ? VariantArrayType.Array : VariantArrayType.Scalar
    return Object.assign(made, { dataType, arrayType, value })
  }
}
