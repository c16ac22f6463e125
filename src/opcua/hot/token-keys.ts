import crypto, { createSecretKey, type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { TokenStack } from 'node-opcua-secure-channel'
import type { AnyMethod, Hook } from '../guard/hooks.ts'

/** The keys of one direction of a channel (Part 6 §6.7.5). */
interface DerivedKeys {
  readonly signingKey: Buffer
  encryptingKey: Buffer | KeyObject
}

interface BothDirections {
  readonly derivedClientKeys: DerivedKeys | null
  readonly derivedServerKeys: DerivedKeys | null
}

const keyByBytes = new WeakMap<object, KeyObject>()

/**
 * Hooks the keeping of security tokens, so that the key objects of a token are made once, when it is issued.
 *
 * The stack gives the bytes of a key to each signature and each encryption, which has a key object made of them every time:
 * that takes longer than the signature itself. For encryption the object simply takes the place of the bytes. For signatures
 * the stack insists on bytes, so that `createHmac` looks whether it knows them.
 */
export function tokenKeyHooks(): Hook[] {
  return [
    {
      target: TokenStack.prototype,
      method: 'pushNewToken',
      wrap: (original) =>
        function (this: TokenStack, token: unknown, keys: BothDirections | null) {
          if (keys?.derivedClientKeys) prepare(keys.derivedClientKeys)
          if (keys?.derivedServerKeys) prepare(keys.derivedServerKeys)
          return original.call(this, token, keys)
        },
    },
    {
      target: crypto,
      method: 'createHmac',
      wrap: (original) => {
        const wrapped: AnyMethod = function (this: unknown, algorithm: string, key: unknown, options: unknown) {
          const known = typeof key === 'object' && key !== null ? keyByBytes.get(key) : undefined
          return original.call(this, algorithm, known ?? key, options)
        }
        return wrapped
      },
    },
  ]
}

/** Lets modules that import from `node:crypto` see what is hooked now; to be called when the hooks are in or out. */
export function showTokenKeys(): void {
  syncBuiltinESMExports()
}

function prepare(keys: DerivedKeys): void {
  if (Buffer.isBuffer(keys.encryptingKey)) keys.encryptingKey = createSecretKey(keys.encryptingKey)
  if (!keyByBytes.has(keys.signingKey)) keyByBytes.set(keys.signingKey, createSecretKey(keys.signingKey))
}
