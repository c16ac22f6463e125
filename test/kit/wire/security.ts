import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Certificates and keys of a client that uses Basic256Sha256 with SignAndEncrypt. */
export interface WireIdentity {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
  readonly server: X509Certificate
  /** What is sent as its certificate instead: one with a chain behind it, or any bytes. */
  readonly sent?: Buffer
}

/** Reads them from files in PEM. */
export function wireIdentity(files: {
  readonly certificate: string
  readonly privateKey: string
  readonly server: string
}): WireIdentity {
  return {
    certificate: new X509Certificate(readFileSync(files.certificate)),
    privateKey: createPrivateKey(readFileSync(files.privateKey)),
    server: new X509Certificate(readFileSync(files.server)),
  }
}

const padding = constants.RSA_PKCS1_OAEP_PADDING
/** What RSA-OAEP with SHA-1 takes of each block, in bytes. */
const OAEP_BYTES = 42
const SIGNATURE_BYTES = 32

/** The URI of the policy (Part 7). */
export const policyUri = 'http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256'

/** How a server is told which of its certificates a message is for. */
export function thumbprintOf(certificate: X509Certificate): Buffer {
  return createHash('sha1').update(certificate.raw).digest()
}

/** RSA over SHA-256, PKCS #1 1.5. */
export function signatureOf(bytes: Buffer, { privateKey }: WireIdentity): Buffer {
  return sign('sha256', bytes, privateKey)
}

/** Encrypts in blocks for the server. */
export function encryptFor({ server }: WireIdentity, bytes: Buffer): Buffer {
  const key = server.publicKey
  const size = modulusBytes(key) - OAEP_BYTES
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    blocks.push(publicEncrypt({ key, padding, oaepHash: 'sha1' }, bytes.subarray(at, at + size)))
  }
  return Buffer.concat(blocks)
}

/** Signs and encrypts what opens a channel: `head` in the clear, `tail` from the sequence header on (Part 6 §6.7.2). */
export function sealOpening(head: Buffer, tail: Buffer, identity: WireIdentity): Buffer {
  const block = modulusBytes(identity.server.publicKey)
  const signatureBytes = modulusBytes(identity.privateKey)
  const rest = (tail.length + 1 + signatureBytes) % (block - OAEP_BYTES)
  const count = rest === 0 ? 0 : block - OAEP_BYTES - rest
  const padded = Buffer.concat([tail, Buffer.alloc(count + 1, count)])
  const encryptedBytes = ((padded.length + signatureBytes) / (block - OAEP_BYTES)) * block
  head.writeUInt32LE(head.length + encryptedBytes, 4)
  const signed = Buffer.concat([head, padded])
  return Buffer.concat([head, encryptFor(identity, Buffer.concat([padded, signatureOf(signed, identity)]))])
}

/** Decrypts and verifies the server's answer; gives what is between the security header and the padding. */
export function unsealOpening(head: Buffer, encrypted: Buffer, identity: WireIdentity): Buffer {
  const block = modulusBytes(identity.privateKey)
  const blocks: Buffer[] = []
  for (let at = 0; at < encrypted.length; at += block) {
    const part = encrypted.subarray(at, at + block)
    blocks.push(privateDecrypt({ key: identity.privateKey, padding, oaepHash: 'sha1' }, part))
  }
  const plain = Buffer.concat(blocks)
  const end = plain.length - modulusBytes(identity.server.publicKey)
  const signed = Buffer.concat([head, plain.subarray(0, end)])
  if (!verify('sha256', signed, identity.server.publicKey, plain.subarray(end))) {
    throw new Error('the server signed something else')
  }
  return plain.subarray(0, end - 1 - (plain[end - 1] ?? 0))
}

/** The keys of one direction of a channel. */
export class WireKeys {
  readonly #signing: KeyObject
  readonly #encrypting: KeyObject
  readonly #vector: Buffer

  /** Part 6 §6.7.5: the other side's nonce is the secret, one's own the seed. */
  constructor(secret: Buffer, seed: Buffer) {
    const bytes = pseudoRandom(secret, seed, 80)
    this.#signing = createSecretKey(bytes.subarray(0, 32))
    this.#encrypting = createSecretKey(bytes.subarray(32, 64))
    this.#vector = bytes.subarray(64, 80)
  }

  /** Signs and encrypts a chunk whose head of 16 bytes stays in the clear. */
  seal(head: Buffer, tail: Buffer): Buffer {
    const rest = (tail.length + 1 + SIGNATURE_BYTES) % 16
    const count = rest === 0 ? 0 : 16 - rest
    const padded = Buffer.concat([tail, Buffer.alloc(count + 1, count)])
    head.writeUInt32LE(head.length + padded.length + SIGNATURE_BYTES, 4)
    const signed = Buffer.concat([head, padded])
    const cipher = createCipheriv('aes-256-cbc', this.#encrypting, this.#vector).setAutoPadding(false)
    return Buffer.concat([head, cipher.update(Buffer.concat([padded, this.#sign(signed)])), cipher.final()])
  }

  /** Decrypts a chunk; verifying its signature can be left out where speed is what is measured. */
  unseal(chunk: Buffer, isVerified = true): Buffer {
    const decipher = createDecipheriv('aes-256-cbc', this.#encrypting, this.#vector).setAutoPadding(false)
    const plain = Buffer.concat([decipher.update(chunk.subarray(16)), decipher.final()])
    const end = plain.length - SIGNATURE_BYTES
    const signed = () => Buffer.concat([chunk.subarray(0, 16), plain.subarray(0, end)])
    if (isVerified && !this.#sign(signed()).equals(plain.subarray(end))) throw new Error('the signature is wrong')
    return plain.subarray(0, end - 1 - (plain[end - 1] ?? 0))
  }

  #sign(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#signing).update(bytes).digest()
  }
}

function pseudoRandom(secret: Buffer, seed: Buffer, length: number): Buffer {
  const key = createSecretKey(secret)
  const hmac = (bytes: Buffer) => createHmac('sha256', key).update(bytes).digest()
  const parts: Buffer[] = []
  for (let link = hmac(seed), bytes = 0; bytes < length; link = hmac(link), bytes += 32) {
    parts.push(hmac(Buffer.concat([link, seed])))
  }
  return Buffer.concat(parts).subarray(0, length)
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}
