import { randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Gate } from './gate.ts'

/** A password as scrypt has left it, with the parameters it was made with. */
export interface PasswordHash {
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  /** N of scrypt: a power of two. */
  readonly cost: number
  /** r of scrypt. */
  readonly blockSize: number
  /** p of scrypt. */
  readonly parallelization: number
}

/** What new hashes are made with: 64 MiB of memory, and about a tenth of a second. */
const parameters = { cost: 2 ** 16, blockSize: 8, parallelization: 1 } as const

const saltBytes = 16
const hashBytes = 32

/** Bytes of a password that are looked at; no user has a longer one. */
const passwordBytesMax = 1024

/** Two at once, so that logins leave a core, and 128 MiB at most are in use; the event loop never waits for one. */
const gate = new Gate(2)

/** Makes the hash under which a password is kept. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes)
  return { salt, hash: await derive(password, { ...parameters, salt, hash: { length: hashBytes } }), ...parameters }
}

/** What a password is compared with where there is no user: it takes the same time, and no password fits. */
const nobody: PasswordHash = { salt: randomBytes(saltBytes), hash: randomBytes(hashBytes), ...parameters }

/** Tells whether a password is the one of a hash; without a hash it takes as long, and is not. */
export async function isPassword(password: string, kept: PasswordHash | undefined): Promise<boolean> {
  const compared = kept ?? nobody
  const derived = await derive(password, compared)
  return timingSafeEqual(derived, compared.hash) && kept !== undefined
}

/** Whether a hash was made with other parameters than new ones are: it is made anew when its password comes by. */
export function isOutdated(kept: PasswordHash): boolean {
  const { cost, blockSize, parallelization } = kept
  return (
    cost !== parameters.cost ||
    blockSize !== parameters.blockSize ||
    parallelization !== parameters.parallelization ||
    kept.salt.length < saltBytes
  )
}

function derive(
  password: string,
  { salt, hash, cost, blockSize, parallelization }: Omit<PasswordHash, 'hash'> & { hash: { length: number } },
): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: blockSize, p: parallelization, maxmem: 256 * cost * blockSize }
  // Composed and decomposed letters are typed the same way.
  const typed = Buffer.from(password.slice(0, passwordBytesMax).normalize('NFC')).subarray(0, passwordBytesMax)
  return gate.through(
    () =>
      new Promise((resolve, reject) => {
        scrypt(typed, salt, hash.length, options, (error, derived) => (error ? reject(error) : resolve(derived)))
      }),
  )
}

/** Letters and digits that are not taken for one another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A secret that nobody guesses, in groups that can be typed: 99 bits. */
export function randomPassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return Array.from({ length: 4 }, group).join('-')
}
