import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { AttributeIds, ReadRequest } from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawClient, statusOf } from '../kit/raw-client.ts'
import { chunkOf, helloOf, openHeader, symmetricHeader } from '../kit/raw-messages.ts'
import { type Arena, endOf, slack, startArena } from './arena.ts'
import { randomOf } from './random.ts'

const readTime = () => new ReadRequest({ nodesToRead: [{ nodeId: 'i=2258', attributeId: AttributeIds.Value }] })

describe('hostile: transport', function () {
  this.timeout(180_000)
  let arena: Arena

  before(async () => {
    arena = await startArena()
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  /** Opens a bare TCP connection; whatever becomes of it is no error here. */
  const socketTo = async (): Promise<Socket> => {
    const socket = connect({ port: arena.port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    socket.resume()
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    return socket
  }
  const sized = (type: string, size: number, body = Buffer.alloc(40)): Buffer => {
    const bytes = Buffer.concat([Buffer.from(type), Buffer.alloc(4), body])
    bytes.writeUInt32LE(size >>> 0, 4)
    return bytes
  }

  it('closes what does not begin with a Hello, or whose sizes lie, within 1.5 s', () =>
    arena.suffer(async () => {
      const random = randomOf(1)
      const beginnings = [
        ...Array.from({ length: 20 }, () => random.bytes(64)),
        Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
        Buffer.from('160301020001000100fc0303', 'hex'),
        ...[0, 4, 7, 0xffff_ffff, 0x8000_0000].map((size) => sized('HELF', size)),
        ...[0, 4, 0xffff_ffff].map((size) => sized('OPNF', size)),
        sized('MSGF', 48),
        sized('ERRF', 48),
        sized('ACKF', 48),
        // The URL of a Hello says that it is longer than the message.
        sized('HELF', 48, Buffer.concat([Buffer.alloc(20), Buffer.from('ffffff7f', 'hex'), Buffer.alloc(16)])),
      ]
      for (const bytes of beginnings) {
        const client = await arena.raw()
        client.send(bytes)
        await endOf(client, new Promise(() => undefined), 1500 * slack)
      }
    }))

  it('closes 60 silent and 40 dripping sockets, while honest clients come and go', () =>
    arena.suffer(async () => {
      const startedMs = performance.now()
      const sockets = await Promise.all(Array.from({ length: 100 }, socketTo))
      const hello = helloOf({})
      const drip = async (socket: Socket): Promise<void> => {
        for (let at = 0; at < hello.length && !socket.destroyed; at += 1) {
          socket.write(hello.subarray(at, at + 1))
          await sleep(500)
        }
      }
      await Promise.all(sockets.map((socket, index) => (index < 60 ? undefined : drip(socket))))
      for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close')
      expect(performance.now() - startedMs).to.be.below(15_000 + 10_000 * slack)
    }))

  it('answers every wrong way to open a channel with the same error', () =>
    arena.suffer(async () => {
      const policy = (name: string) => `http://opcfoundation.org/UA/SecurityPolicy#${name}`
      const random = randomOf(2)
      const withCertificate = (name: string, certificate: Buffer, thumbprint: Buffer) =>
        Buffer.concat([byteString(Buffer.from(policy(name))), byteString(certificate), byteString(thumbprint)])
      const headers = [
        ...['Basic128Rsa15', 'Basic256', 'Unknown', ''].map((name) => openHeader(policy(name))),
        openHeader('x'.repeat(5000)),
        openHeader('\u0000\ud800'),
        ...['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss', 'Basic128Rsa15'].flatMap((name) => [
          withCertificate(name, random.bytes(900), random.bytes(20)),
          withCertificate(name, Buffer.alloc(0), Buffer.alloc(0)),
          withCertificate(name, random.bytes(6000), random.bytes(20)),
          withCertificate(name, Buffer.from('30820400', 'hex'), random.bytes(3)),
        ]),
        // A length that lies.
        Buffer.concat([Buffer.from('ffffff7f', 'hex'), random.bytes(60)]),
      ]
      const ends = new Set<string>()
      for (const header of headers) {
        const client = await arena.raw()
        await client.hello()
        ends.add(await endOf(client, client.openWith(header).then(statusOf)))
        await client.destroy()
      }
      // BadSecurityChecksFailed and nothing else.
      expect([...ends]).to.deep.equal(['error message 0x80130000'])
    }))

  it('takes no wrong channel, token, sequence or request id for the right one, and leaves the owner alone', () =>
    arena.suffer(async () => {
      const owner = await arena.session()
      const wrong: readonly ((client: RawClient) => Promise<unknown>)[] = [
        (client) => client.chunk({ channelId: client.channelId + 7, body: client.encode(readTime()) }),
        (client) => client.chunk({ channelId: owner.channelId, body: client.encode(readTime()) }),
        (client) => client.chunk({ header: symmetricHeader(client.tokenId + 9), body: client.encode(readTime()) }),
        (client) => client.chunk({ sequence: 2, body: client.encode(readTime()) }),
        (client) => client.chunk({ sequence: 0xffff_fc00, body: client.encode(readTime()) }),
      ]
      for (const attempt of wrong) {
        const client = await arena.session()
        await endOf(client, attempt(client))
        await client.destroy()
      }
      // Another channel's session: its token alone is worth nothing (Part 4 5.7.2.1).
      const thief = await arena.raw()
      await thief.hello()
      await thief.open()
      thief.authenticationToken = owner.authenticationToken
      const answer = await thief.request(readTime()).then(statusOf, (error: Error) => error.message)
      expect(answer).to.match(/Bad|error|closed/)
      await thief.destroy()
      expect(statusOf(await owner.request(readTime()))).to.equal('Good')
      await owner.destroy()
    }))

  it('bounds what chunks without an end may hold, and closes who sends them', () =>
    arena.suffer(async () => {
      const flood = async (bodyBytes: number, times: number): Promise<void> => {
        const client = await arena.session()
        const body = Buffer.alloc(bodyBytes, 1)
        const header = symmetricHeader(client.tokenId)
        for (let sequence = 10; sequence < 10 + times && !client.socket.destroyed; sequence += 1) {
          const chunk = { type: 'MSG', channelId: client.channelId, header, sequence, requestId: 10, body } as const
          client.send(chunkOf({ ...chunk, isFinal: 'C' }))
          if (client.socket.writableLength > 1_000_000) await sleep(5)
        }
        await endOf(client, new Promise(() => undefined), 15_000 * slack)
      }
      await Promise.all([...Array.from({ length: 8 }, () => flood(8000, 200)), flood(1, 2000), flood(8000, 4000)])
    }))

  it('goes on or closes after a chunk that aborts a message, and serves who did not send it', () =>
    arena.suffer(async () => {
      const client = await arena.session()
      const parts = { type: 'MSG', channelId: client.channelId, header: symmetricHeader(client.tokenId) } as const
      const body = client.encode(readTime())
      const reason = Buffer.concat([Buffer.from('00000280', 'hex'), byteString(Buffer.from('changed my mind'))])
      client.send(chunkOf({ ...parts, sequence: 6, requestId: 6, body: body.subarray(0, 20), isFinal: 'C' }))
      client.send(chunkOf({ ...parts, sequence: 7, requestId: 6, body: reason, isFinal: 'A' }))
      await endOf(client, client.chunk({ sequence: 8, body }))
      await client.destroy()
    }))

  it('survives 1 000 connection attempts at once', () =>
    arena.suffer(async () => {
      const attempts = Array.from({ length: 1000 }, async (_attempt, index) => {
        await sleep(index)
        const socket = await socketTo()
        if (index % 3 === 0) socket.write(helloOf({}))
        if (index % 3 === 1) socket.resetAndDestroy()
        await sleep(1000)
        socket.destroy()
      })
      await Promise.all(attempts)
    }))

  it('holds little for a client that asks and never reads, and closes it', () =>
    arena.suffer(async () => {
      const client = await arena.session()
      client.socket.pause()
      const nodesToRead = Array.from({ length: 900 }, () => ({ nodeId: 'i=2255', attributeId: AttributeIds.Value }))
      const request = new ReadRequest({ nodesToRead, timestampsToReturn: 2 })
      for (let index = 0; index < 400 && !client.socket.destroyed; index += 1) client.post(request)
      await sleep(18_000)
      client.socket.resume()
      await endOf(client, new Promise(() => undefined), 15_000 * slack)
    }))
})

function byteString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}
