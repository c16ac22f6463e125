import { DataType, type NodeId, type ServerSession, StatusCodes, type VariantLike } from 'node-opcua'
import { type Certificate, isIssuedBy, readCertificate } from '../../certificates/certificate.ts'
import { splitChain } from '../../certificates/der.ts'
import { type Identity, makeKey, signingRequest } from '../../certificates/issue.ts'
import { judge } from '../../certificates/judge.ts'
import { belongs, type OwnPair } from '../../certificates/own.ts'
import { systemClock } from '../../model/clock.ts'
import { refuse } from './secured-method.ts'
import { statusCodeOf } from './stack-store.ts'

/** DefaultApplicationGroup and RsaSha256ApplicationCertificateType, the only ones of this server; null means them too. */
export const applicationGroup = 'i=14156'
export const certificateType = 'i=12560'

/** Bytes that a client must bring when it asks for another key (Part 12 §7.10.6). */
const nonceBytesMin = 32

/** A certificate that waits to be applied, and whose doing it is. */
interface Waiting {
  readonly session: ServerSession
  readonly pair: OwnPair
}

/** Gives the server another certificate over OPC UA: asked for, brought, and put in place in three steps (Part 12 §7.7.3). */
export class CertificatePush {
  readonly #own: () => OwnPair
  readonly #identity: () => Identity
  /** The key of the last request, when another one than the server's was asked for. */
  #nextKey: string | undefined
  #waiting: Waiting | undefined

  constructor(own: () => OwnPair, identity: () => Identity) {
    this.#own = own
    this.#identity = identity
  }

  /** Makes a request for a certificate, PKCS #10 in DER. */
  async request(inputs: readonly unknown[]): Promise<readonly VariantLike[]> {
    const [group, type, subject, isNewKey, nonce] = inputs
    requireGroup(group, type)
    if (isNewKey === true && ((nonce as Uint8Array | null)?.length ?? 0) < nonceBytesMin) {
      refuse(StatusCodes.BadInvalidArgument)
    }
    const key = isNewKey === true ? await makeKey() : this.#own().key
    const name = typeof subject === 'string' && subject !== '' ? plainSubject(subject) : undefined
    const value = await signingRequest(key, this.#identity(), name).catch(() => refuse(StatusCodes.BadInvalidArgument))
    this.#nextKey = isNewKey === true ? key : undefined
    return [{ dataType: DataType.ByteString, value }]
  }

  /** Takes a certificate that an authority has issued, with its authorities, for one of the known keys or one that comes with it. */
  async update(inputs: readonly unknown[], session: ServerSession): Promise<readonly VariantLike[]> {
    const [group, type, bytes, above, format, privateKey] = inputs
    requireGroup(group, type)
    if (this.#waiting && this.#waiting.session !== session && this.#waiting.session.status === 'active') {
      refuse(StatusCodes.BadTransactionPending)
    }
    const chain = chainOf(bytes, above)
    const [leaf] = chain
    if (!leaf) refuse(StatusCodes.BadCertificateInvalid)
    const key = keyOf(leaf, [givenKey(format, privateKey), this.#nextKey, this.#own().key])
    if (key === undefined) refuse(StatusCodes.BadSecurityChecksFailed)
    await requireUsable(chain, this.#identity().applicationUri)
    this.#waiting = { session, pair: { chain, key } }
    return [{ dataType: DataType.Boolean, value: true }]
  }

  /** The pair that this session has brought, which is applied with it; refused when there is none. */
  take(session: ServerSession): OwnPair {
    const waiting = this.#waiting
    if (!waiting || waiting.session !== session) refuse(StatusCodes.BadNothingToDo)
    this.#waiting = undefined
    this.#nextKey = undefined
    return waiting.pair
  }
}

function requireGroup(group: unknown, type: unknown): void {
  const isKnown = (nodeId: unknown, known: string): boolean => {
    const text = (nodeId as NodeId | null)?.toString() ?? 'i=0'
    return ['i=0', 'ns=0;i=0', known, `ns=0;${known}`].includes(text)
  }
  if (!isKnown(group, applicationGroup) || !isKnown(type, certificateType)) refuse(StatusCodes.BadInvalidArgument)
}

/** A subject as `CN=a,O=b`; other programs write `/CN=a/O=b`. */
function plainSubject(subject: string): string {
  const text = subject.startsWith('/') ? subject.slice(1).split('/').join(', ') : subject
  if (text.length > 500 || !/^\s*[A-Za-z]{1,4}\s*=/.test(text)) refuse(StatusCodes.BadInvalidArgument)
  return text
}

function chainOf(bytes: unknown, above: unknown): readonly Certificate[] {
  try {
    const issuers = Array.isArray(above) ? (above as readonly Uint8Array[]) : []
    if (issuers.length > 5) throw new Error('the chain is too long')
    const parts = splitChain((bytes as Uint8Array | null) ?? new Uint8Array())
    return [...parts, ...issuers.flatMap((each) => splitChain(each))].map(readCertificate)
  } catch {
    return refuse(StatusCodes.BadCertificateInvalid)
  }
}

function givenKey(format: unknown, privateKey: unknown): string | undefined {
  if (format === null || format === undefined || format === '') return undefined
  if (format !== 'PEM') refuse(StatusCodes.BadNotSupported)
  return Buffer.from((privateKey as Uint8Array | null) ?? []).toString('utf8')
}

function keyOf(leaf: Certificate, keys: readonly (string | undefined)[]): string | undefined {
  return keys.find((key) => {
    try {
      return key !== undefined && belongs(leaf, key)
    } catch {
      return false
    }
  })
}

/** It must be one that clients accept: of this application, strong, valid now, and issued by what comes with it. */
async function requireUsable(chain: readonly Certificate[], applicationUri: string): Promise<void> {
  const [leaf, ...above] = chain as readonly [Certificate, ...Certificate[]]
  const lists = { trusted: chain, issuers: above, revocationLists: [] }
  const bytes = Buffer.concat(chain.map(({ raw }) => raw))
  const { status } = await judge(bytes, lists, { purpose: 'server', now: systemClock.now() })
  // The authority may be known to the clients only.
  const isRootless =
    status === 'BadCertificateChainIncomplete' && above.every((each, index) => isAbove(chain[index], each))
  if (status !== 'Good' && !isRootless) refuse(statusCodeOf(status))
  if (!leaf.uris.includes(applicationUri)) refuse(StatusCodes.BadCertificateUriInvalid)
}

function isAbove(below: Certificate | undefined, above: Certificate): boolean {
  return below !== undefined && isIssuedBy(below, above)
}
