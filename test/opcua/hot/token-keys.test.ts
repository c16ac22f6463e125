import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { TokenStack } from 'node-opcua-secure-channel'
import { installHooks } from '../../../src/opcua/guard/hooks.ts'
import { showTokenKeys, tokenKeyHooks } from '../../../src/opcua/hot/token-keys.ts'

describe('keys of a security token', () => {
  const keysOf = () => ({ signingKey: randomBytes(32), encryptingKey: randomBytes(32) as unknown })
  const digest = (key: Buffer) => createHmac('sha256', key).update('message').digest('hex')
  let remove: () => void

  beforeEach(() => {
    remove = installHooks(tokenKeyHooks())
    showTokenKeys()
  })
  afterEach(() => {
    remove()
    showTokenKeys()
  })

  it('become objects once, when the token is issued, and sign as their bytes do', () => {
    const [client, server] = [keysOf(), keysOf()]
    const bytes = Buffer.from(server.encryptingKey as Buffer)
    const token = { tokenId: 1, createdAt: new Date(), revisedLifetime: 60_000, channelId: 1 }
    const keys = { derivedClientKeys: client, derivedServerKeys: server } as never
    const stack = new TokenStack(1)
    stack.pushNewToken(token, keys)
    expect(stack.getTokenDerivedKeys(1)?.derivedServerKeys?.encryptingKey).to.deep.equal(createSecretKey(bytes))
    // The bytes are known now: changing them changes nothing, as it would if a key were made of them each time.
    const before = digest(server.signingKey)
    server.signingKey.fill(0)
    expect(digest(server.signingKey)).to.equal(before)
  })

  it('leave the keys of everybody else alone', () => {
    const key = randomBytes(32)
    const before = digest(key)
    key.fill(0)
    expect(digest(key)).not.to.equal(before)
    expect(digest(key)).to.equal(digest(Buffer.alloc(32)))
  })
})
