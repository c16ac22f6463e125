import { BinaryStream, type ClientSession, DataType, resolveNodeId, type Variant, VariantArrayType } from 'node-opcua'
import { TrustListDataType } from 'node-opcua-types'

/** The standard objects (Part 12 §7.10). */
export const standard = {
  configuration: 'i=12637',
  trustList: 'i=12642',
  userTrustList: 'i=14123',
  group: 'i=14156',
} as const

const methodIds: Readonly<Record<string, string>> = {
  UpdateCertificate: 'i=13737',
  ApplyChanges: 'i=12740',
  CancelChanges: 'i=25708',
  CreateSigningRequest: 'i=12737',
  GetRejectedList: 'i=12777',
  Open: 'i=12647',
  OpenWithMasks: 'i=12663',
  Close: 'i=12650',
  Read: 'i=12652',
  Write: 'i=12655',
  GetPosition: 'i=12657',
  SetPosition: 'i=12660',
  CloseAndUpdate: 'i=12666',
  AddCertificate: 'i=12668',
  RemoveCertificate: 'i=12670',
}

/** What a call came to. */
export interface Answer {
  readonly status: string
  readonly outputs: readonly unknown[]
}

type Argument = readonly [DataType, unknown] | readonly [DataType, unknown, true]

/** The certificate management of a server as a client sees it: a session with the methods by their names. */
export class ConfigurationClient {
  readonly session: ClientSession

  constructor(session: ClientSession) {
    this.session = session
  }

  async call(objectId: string, name: string, inputs: readonly Argument[] = []): Promise<Answer> {
    const result = await this.session.call({
      objectId,
      methodId: methodIds[name] ?? '',
      inputArguments: inputs.map(([dataType, value, isArray]) => ({
        dataType,
        value: dataType === DataType.NodeId ? resolveNodeId(String(value)) : value,
        ...(isArray ? { arrayType: VariantArrayType.Array } : {}),
      })),
    })
    const outputs = (result.outputArguments ?? []).map(({ value }: Variant) => value as unknown)
    return { status: result.statusCode.name, outputs }
  }

  /** Opens, reads in pieces, and closes. */
  async readTrustList(masks = 15, piece = 700): Promise<TrustListDataType> {
    const { outputs } = await this.call(standard.trustList, 'OpenWithMasks', [[DataType.UInt32, masks]])
    const handle: Argument = [DataType.UInt32, outputs[0]]
    const parts: Buffer[] = []
    for (;;) {
      const read = await this.call(standard.trustList, 'Read', [handle, [DataType.Int32, piece]])
      const part = read.outputs[0] as Buffer | null
      if (!part || part.length === 0) break
      parts.push(part)
    }
    await this.call(standard.trustList, 'Close', [handle])
    const list = new TrustListDataType()
    list.decode(new BinaryStream(Buffer.concat(parts)))
    return list
  }

  /** Opens for writing, writes in pieces, and updates. */
  async writeTrustList(content: Buffer, piece = 700): Promise<Answer> {
    const opened = await this.call(standard.trustList, 'Open', [[DataType.Byte, 6]])
    if (opened.status !== 'Good') return opened
    const handle: Argument = [DataType.UInt32, opened.outputs[0]]
    for (let at = 0; at < content.length; at += piece) {
      const part = content.subarray(at, at + piece)
      const written = await this.call(standard.trustList, 'Write', [handle, [DataType.ByteString, part]])
      if (written.status !== 'Good') return written
    }
    return this.call(standard.trustList, 'CloseAndUpdate', [handle])
  }
}

/** A trust list as the content of its file. */
export function trustListFile(list: Partial<TrustListDataType>): Buffer {
  const content = new TrustListDataType(list)
  const stream = new BinaryStream(1024 * 1024)
  content.encode(stream)
  return Buffer.from(stream.buffer.subarray(0, stream.length))
}
