import { CallRequest, DataType, Variant, VariantArrayType, WriteRequest } from 'node-opcua'
import type { RawClient } from '../kit/raw-client.ts'

/** What stands in a request where bytes made by hand are put instead. */
const marker = Buffer.from('0f0d000000', 'hex')
const markerText = Buffer.from('replace-me-13')

/** A Write of one variable whose value is these bytes: an encoded Variant (Part 6 5.2.2.16), or something that looks like one. */
export function writeOf(client: RawClient, nodeId: string, variant: Buffer): Buffer {
  const value = { value: new Variant({ dataType: DataType.ByteString, value: markerText }) }
  const nodesToWrite = [{ nodeId, attributeId: 13, value }]
  return spliced(client.encode(new WriteRequest({ nodesToWrite })), variant)
}

/** A Call of a method with a first argument of these bytes, and others behind it. */
export function callOf(
  client: RawClient,
  { objectId, methodId }: Called,
  variant: Buffer,
  others: readonly Variant[] = [],
): Buffer {
  const first = new Variant({ dataType: DataType.ByteString, arrayType: VariantArrayType.Scalar, value: markerText })
  const inputArguments = [first, ...others]
  return spliced(client.encode(new CallRequest({ methodsToCall: [{ objectId, methodId, inputArguments }] })), variant)
}

/** A method and the object that it belongs to. */
export interface Called {
  readonly objectId: string
  readonly methodId: string
}

function spliced(body: Buffer, variant: Buffer): Buffer {
  const at = body.indexOf(Buffer.concat([marker, markerText]))
  if (at < 0) throw new Error('the marker is not in the request')
  return Buffer.concat([body.subarray(0, at), variant, body.subarray(at + marker.length + markerText.length)])
}

/** A whole number of four bytes, as OPC UA sends it. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value | 0)
  return bytes
}

/** Values that contain themselves, as often as `depth` says, by how they do it. */
export function nestings(depth: number): Readonly<Record<string, Buffer>> {
  const repeat = (bytes: string) => Buffer.alloc((depth * bytes.length) / 2, Buffer.from(bytes, 'hex'))
  const end = Buffer.from([0])
  return {
    variant: Buffer.concat([repeat('18'), end]),
    array: Buffer.concat([repeat('9801000000'), end]),
    dataValue: Buffer.concat([repeat('1701'), end]),
    diagnosticInfo: Buffer.concat([Buffer.from([0x19]), repeat('40'), end]),
    extensionObject: Buffer.concat([literals(depth), end]),
  }
}

/** LiteralOperands (i=597), each the value of the one around it. */
function literals(depth: number): Buffer {
  const head = Buffer.from('160100550201', 'hex')
  const levelBytes = head.length + 4
  return Buffer.concat(
    Array.from({ length: depth }, (_level, index) =>
      Buffer.concat([head, int32(1 + (depth - 1 - index) * levelBytes)]),
    ),
  )
}

/** Variants whose lengths or dimensions lie, overflow, or make no sense. */
export function lyingLengths(): Readonly<Record<string, Buffer>> {
  const lengths = [2 ** 31 - 1, -(2 ** 31), -2, 70_000, 1_000_000_000]
  const dimensions = [[65_536, 65_536], [0, 0], [-1, -4], [2, 3], [2 ** 31 - 1, 2], []]
  const entries = [
    ...lengths.flatMap((length): [string, Buffer][] => [
      [`string of ${length}`, Buffer.concat([Buffer.from([12]), int32(length), Buffer.alloc(8)])],
      [`bytes of ${length}`, Buffer.concat([Buffer.from([15]), int32(length), Buffer.alloc(8)])],
      [`array of ${length} doubles`, Buffer.concat([Buffer.from([0x8b]), int32(length), Buffer.alloc(8)])],
      [`array of ${length} strings`, Buffer.concat([Buffer.from([0x8c]), int32(length), Buffer.alloc(8)])],
      [
        `structure of ${length} bytes`,
        Buffer.concat([Buffer.from('160100550201', 'hex'), int32(length), Buffer.alloc(8)]),
      ],
    ]),
    ...dimensions.map((sizes): [string, Buffer] => [
      `matrix of ${sizes.join(' x ')}`,
      Buffer.concat([Buffer.from([0xc6]), int32(4), Buffer.alloc(16), int32(sizes.length), ...sizes.map(int32)]),
    ]),
    ['type 63', Buffer.from([63, 0, 0, 0])],
    ['type 26', Buffer.from([26, 0, 0, 0])],
    ['dimensions without an array', Buffer.concat([Buffer.from([0x46]), Buffer.alloc(4), int32(1), int32(1)])],
    ['unknown structure', Buffer.concat([Buffer.from('1601ffffff7f01', 'hex'), int32(4), Buffer.alloc(4)])],
    ['structure of encoding 9', Buffer.from('160100550209', 'hex')],
  ] as const
  return Object.fromEntries(entries)
}

/** Texts that programs stumble over; the last are no UTF-8. */
export const strangeTexts: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  proto: Buffer.from('__proto__'),
  constructor: Buffer.from('constructor'),
  nul: Buffer.from('a\u0000b'),
  control: Buffer.from('\u001b[31mred\u001b[0m\r\n{"level":60,"msg":"forged"}'),
  path: Buffer.from('../../../etc/passwd'),
  format: Buffer.from('%s%n%d${7*7}{{7*7}}'),
  bidi: Buffer.from('\u202egnp.exe'),
  long: Buffer.alloc(1_000_000, 0x61),
  surrogate: Buffer.from('eda080', 'hex'),
  overlong: Buffer.from('c0af', 'hex'),
  cutOff: Buffer.from('e282', 'hex'),
  highBytes: Buffer.from('fffefdfc', 'hex'),
}
