import {
  type AddressSpace,
  DataType,
  StatusCodes,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import { type Certificate, readCertificate } from '../../certificates/certificate.ts'
import { splitChain } from '../../certificates/der.ts'
import { type NewLists, replaceLists } from '../../certificates/replace-lists.ts'
import type { TrustStore } from '../../certificates/store.ts'
import { plainThumbprint } from '../../certificates/trust.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import { childOf } from '../space-context.ts'
import { audited } from './audit-changes.ts'
import { OpenFiles } from './open-files.ts'
import { bindSecured, type Caller, type MethodContext, refuse, type SecuredCall } from './secured-method.ts'
import { listMasks, listsOf, trustListBytesMax, trustListOf } from './trust-list-content.ts'

/** Modes in which the file of a trust list may be opened (Part 20 §4.2.2): to read it, or to write it anew. */
const modes = { read: 1, rewrite: 6 } as const

/**
 * Brings a TrustList object to life (Part 12 §7.8.2): a client reads whom the server trusts, replaces it as a whole, or adds and
 * removes one certificate. What is changed is in use at once; there is nothing to apply.
 */
export function bindTrustList(
  context: MethodContext & { readonly addressSpace: AddressSpace },
  object: UAObject,
  store: TrustStore,
  clock: Clock = systemClock,
): void {
  const files = new OpenFiles(clock)
  const list = new TrustList(store, files)
  const { addressSpace } = context
  const bind = (name: string, call: SecuredCall) => bindSecured(context, object, name, call)
  const change = {
    ...{ addressSpace, object },
    type: 'TrustListChangedAuditEventType',
    what: 'changed whom the server trusts',
    fields: { trustListId: { dataType: DataType.NodeId, value: object.nodeId } },
  } as const
  const bindChange = (method: string, call: SecuredCall) =>
    bind(
      method,
      audited({ ...change, method }, call, (time) => {
        list.changedAt = time
      }),
    )
  bind('Open', ([mode], caller) => list.open(mode?.value, listMasks.all, caller))
  bind('OpenWithMasks', ([masks], caller) => list.open(modes.read, Number(masks?.value), caller))
  bind('Close', async ([handle], caller) => list.close(handle?.value, caller))
  bind('Read', async ([handle, length], caller) => list.read(handle?.value, length?.value, caller))
  bind('Write', async ([handle, data], caller) => list.write(handle?.value, data?.value, caller))
  bind('GetPosition', async ([handle], caller) => list.position(handle?.value, caller))
  bind('SetPosition', async ([handle, to], caller) => list.moveTo(handle?.value, to?.value, caller))
  bindChange('CloseAndUpdate', ([handle], caller) => list.closeAndUpdate(handle?.value, caller))
  bindChange('AddCertificate', ([certificate, isTrusted]) => list.add(certificate?.value, isTrusted?.value))
  bindChange('RemoveCertificate', ([thumbprint, isTrusted]) => list.remove(thumbprint?.value, isTrusted?.value))
  show(object, list, files)
}

class TrustList {
  readonly #store: TrustStore
  readonly #files: OpenFiles
  changedAt = systemClock.now()

  constructor(store: TrustStore, files: OpenFiles) {
    this.#store = store
    this.#files = files
  }

  async open(mode: unknown, masks: number, { session }: Caller): Promise<readonly VariantLike[]> {
    if (mode !== modes.read && mode !== modes.rewrite) refuse(StatusCodes.BadInvalidArgument)
    const isWriting = mode === modes.rewrite
    const content = isWriting ? Buffer.alloc(0) : await trustListOf(this.#store, masks)
    // Asked here, behind the reading, so that two who ask at the same time do not both get it.
    if (isWriting && this.#files.count > 0) refuse(StatusCodes.BadNotWritable)
    if (this.#files.isWriting) refuse(isWriting ? StatusCodes.BadNotWritable : StatusCodes.BadNotReadable)
    const handle = this.#files.open(session, isWriting, content)
    if (handle === undefined) refuse(StatusCodes.BadResourceUnavailable)
    return [{ dataType: DataType.UInt32, value: handle }]
  }

  close(handle: unknown, caller: Caller): readonly VariantLike[] {
    this.#fileOf(handle, caller)
    this.#files.close(handle)
    return []
  }

  read(handle: unknown, length: unknown, caller: Caller): readonly VariantLike[] {
    const file = this.#fileOf(handle, caller)
    if (file.isWriting) refuse(StatusCodes.BadInvalidState)
    if (typeof length !== 'number' || length < 0) refuse(StatusCodes.BadInvalidArgument)
    const part = file.content.subarray(file.position, file.position + length)
    file.position += part.length
    return [{ dataType: DataType.ByteString, value: Buffer.from(part) }]
  }

  write(handle: unknown, data: unknown, caller: Caller): readonly VariantLike[] {
    const file = this.#fileOf(handle, caller)
    if (!file.isWriting) refuse(StatusCodes.BadInvalidState)
    const part = Buffer.from((data as Uint8Array | null) ?? [])
    const end = file.position + part.length
    if (end > trustListBytesMax) refuse(StatusCodes.BadEncodingLimitsExceeded)
    if (end > file.content.length) file.content = Buffer.concat([file.content, Buffer.alloc(end - file.content.length)])
    part.copy(file.content, file.position)
    file.position = end
    return []
  }

  position(handle: unknown, caller: Caller): readonly VariantLike[] {
    return [uint64(this.#fileOf(handle, caller).position)]
  }

  moveTo(handle: unknown, to: unknown, caller: Caller): readonly VariantLike[] {
    const file = this.#fileOf(handle, caller)
    const [high = 0, low = 0] = Array.isArray(to) ? (to as readonly number[]) : [0, Number(to)]
    // A position behind the end is the end (Part 20 §4.2.7).
    file.position = high > 0 ? file.content.length : Math.min(low, file.content.length)
    return []
  }

  async closeAndUpdate(handle: unknown, caller: Caller): Promise<readonly VariantLike[]> {
    const file = this.#fileOf(handle, caller)
    if (!file.isWriting) refuse(StatusCodes.BadInvalidState)
    this.#files.close(handle)
    await replaceLists(this.#store, contentOf(file.content))
    return [{ dataType: DataType.Boolean, value: false }]
  }

  async add(bytes: unknown, isTrusted: unknown): Promise<readonly VariantLike[]> {
    if (this.#files.count > 0) refuse(StatusCodes.BadInvalidState)
    const certificate = certificateOf(bytes)
    // Authorities that are not trusted themselves come with the whole list only (Part 12 §7.8.2.6).
    if (!certificate || isTrusted !== true) refuse(StatusCodes.BadCertificateInvalid)
    await this.#store.put('trusted', certificate)
    return []
  }

  async remove(thumbprint: unknown, isTrusted: unknown): Promise<readonly VariantLike[]> {
    if (this.#files.count > 0) refuse(StatusCodes.BadInvalidState)
    const wanted = plainThumbprint(String(thumbprint ?? ''))
    const isTaken = await this.#store.take(wanted, [isTrusted === true ? 'trusted' : 'issuers'])
    if (!isTaken) refuse(StatusCodes.BadInvalidArgument)
    return []
  }

  /** Bytes that the file has now. */
  async size(): Promise<number> {
    return (await trustListOf(this.#store, listMasks.all)).length
  }

  #fileOf(handle: unknown, { session }: Caller) {
    return this.#files.of(session, handle) ?? refuse(StatusCodes.BadInvalidArgument)
  }
}

function contentOf(file: Buffer): NewLists {
  try {
    return listsOf(file)
  } catch {
    return refuse(StatusCodes.BadCertificateInvalid)
  }
}

function certificateOf(bytes: unknown): Certificate | undefined {
  try {
    const [der, ...others] = splitChain((bytes as Uint8Array | null) ?? new Uint8Array())
    return der && others.length === 0 ? readCertificate(der) : undefined
  } catch {
    return undefined
  }
}

/** Shows what is asked for when somebody looks. */
function show(object: UAObject, list: TrustList, files: OpenFiles): void {
  const bind = (name: string, get: () => VariantLike) => {
    childOf<UAVariable>(object, name).bindVariable({ get: () => new Variant(get()) }, true)
  }
  let size = 0
  const look = () => list.size().then((bytes) => (size = bytes))
  look().catch(() => undefined)
  bind('Size', () => {
    look().catch(() => undefined)
    return uint64(size)
  })
  bind('Writable', () => ({ dataType: DataType.Boolean, value: true }))
  bind('UserWritable', () => ({ dataType: DataType.Boolean, value: true }))
  bind('OpenCount', () => ({ dataType: DataType.UInt16, value: files.count }))
  bind('LastUpdateTime', () => ({ dataType: DataType.DateTime, value: new Date(list.changedAt) }))
}

function uint64(value: number): VariantLike {
  return { dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [0, value] }
}
