import { connect, type Socket } from 'node:net'
import { OpenSecureChannelRequest } from 'node-opcua-service-secure-channel'
import { type Arena, startArena } from '../hostile/arena.ts'
import { arenaFiles } from '../hostile/plant-files.ts'
import { type Random, randomOf } from '../hostile/random.ts'
import type { RawClient } from '../kit/raw-client.ts'
import { chunkOf, encodeBody, helloOf, openHeader, symmetricHeader } from '../kit/raw-messages.ts'
import { RequestGrammar } from './requests.ts'
import type { Budget, Outcome, Target } from './target.ts'

/** Connections that are under way at once. */
const together = 16

/** Messages of one session, and how long one may wait for its answer, in milliseconds. */
const messagesMax = 60
const answerMs = 10_000

/** Whoever guesses a login waits for up to ten seconds more, and everybody on this machine is one address. */
const loginMs = 40_000

/** Requests that may wait for long by what they mean. */
const waiting = /^(Publish|Call|HistoryUpdate)Request$/

/**
 * The plant of the arena, with little room for what clients may leave behind for up to an hour: what the limits allow is no leak,
 * and would hide one.
 */
const files = {
  ...arenaFiles,
  'plant.yaml': (arenaFiles['plant.yaml'] ?? '').replace(
    'anonymous: operate',
    'anonymous: operate, limits: { subscriptions: 100, monitoredItems: 5000 }',
  ),
}

/** Runs a hostile client again and again, each from a seed of its own, under the common pass rule; tells what broke it. */
async function fuzzed(
  { ms, count = Number.POSITIVE_INFINITY, seed }: Budget,
  attack: (arena: Arena, random: Random) => Promise<number>,
): Promise<Outcome> {
  const arena = await startArena({}, files)
  let runs = 0
  try {
    const startedMs = performance.now()
    const isOver = () => performance.now() - startedMs >= ms || runs >= count
    // Seeds that are next to each other must not give the same attacks in another order.
    const seeds = randomOf(seed)
    await arena.suffer(
      async () => {
        const keepOn = async (): Promise<void> => {
          while (!isOver() && arena.plant.child.exitCode === null)
            runs += await attack(arena, randomOf(seeds.below(2 ** 32)))
        }
        await Promise.all(Array.from({ length: together }, keepOn))
      },
      // What sessions hold whose clients have gone ends with their timeout, two minutes later.
      { logBytes: 64 * 1024 + Math.min(ms, count * 16), memoryBackMs: 240_000 },
    )
    await arena.stop()
    return { runs }
  } catch (error) {
    arena.plant.child.kill('SIGKILL')
    return { runs, found: `${String(error)}\nlog: ${arena.plant.log().slice(-4000)}` }
  }
}

/** Bytes of an honest beginning, damaged: what is coalesced, split, flipped, cut off or repeated. */
export async function attackTransport({ port }: Arena, random: Random): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  socket.resume()
  await begun(socket)
  const grammar = new RequestGrammar(random)
  const open = new OpenSecureChannelRequest({ requestedLifetime: 60_000, securityMode: 1 })
  const message = (sequence: number): Buffer => {
    const body = encoded(() => encodeBody(grammar.request())) ?? random.bytes(30)
    const header = symmetricHeader(random.below(3))
    const isFinal = random.pick(['F', 'F', 'C', 'A'] as const)
    return chunkOf({
      type: random.pick(['MSG', 'CLO', 'OPN']),
      channelId: random.below(4),
      header,
      sequence,
      body,
      isFinal,
    })
  }
  const parts = [
    helloOf({}),
    chunkOf({ type: 'OPN', channelId: 0, header: openHeader(), sequence: 1, body: encodeBody(open) }),
    ...Array.from({ length: random.below(5) }, (_part, index) => message(index + 2)),
  ]
  if (random.oneIn(3)) parts.splice(random.below(parts.length), 0, random.pick(parts))
  if (random.oneIn(3)) parts.splice(random.below(parts.length), 1)
  const bytes = Buffer.concat(parts)
  for (let flips = random.oneIn(2) ? random.below(6) : 0; flips > 0; flips -= 1) {
    bytes[random.below(bytes.length)] = random.below(256)
  }
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const length = random.oneIn(2) ? bytes.length : 1 + random.below(200)
    socket.write(bytes.subarray(at, at + length))
    at += length
    if (random.oneIn(4)) await new Promise((resolve) => setImmediate(resolve))
  }
  if (random.oneIn(2)) socket.resetAndDestroy()
  else socket.end()
  if (!socket.destroyed)
    await Promise.race([
      new Promise((resolve) => socket.once('close', resolve)),
      new Promise((resolve) => setTimeout(resolve, 50)),
    ])
  socket.destroy()
  return 1
}

/** Resolves when a connection is there, or has come to nothing. */
function begun(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', () => resolve())
  })
}

/** A session that asks for whatever the grammar gives; each request is answered, or its connection closed. */
async function attackServices(arena: Arena, random: Random): Promise<number> {
  const client = await arena.session().catch(() => undefined)
  if (!client) return 0
  const grammar = new RequestGrammar(random)
  let sent = 0
  for (; sent < messagesMax && !client.socket.destroyed; sent += 1) {
    const request = grammar.request()
    const body = encoded(() => client.encode(request))
    if (!body) continue
    if (random.oneIn(10)) body[random.below(body.length)] = random.below(256)
    await answered(client, body, request.constructor.name)
  }
  await client.destroy()
  return sent
}

async function answered(client: RawClient, body: Buffer, name: string): Promise<void> {
  const answer = client.requestBytes(body).catch(() => undefined)
  if (waiting.test(name)) {
    await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 50))])
    return
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, name === 'ActivateSessionRequest' ? loginMs : answerMs, 'late')
  })
  const end = await Promise.race([answer, client.closed, late])
  clearTimeout(timer)
  if (end === 'late')
    throw new Error(`a ${name} is neither answered nor its connection closed: ${body.toString('hex').slice(0, 2000)}`)
}

/** Encoders throw on some of what the grammar makes; that is the client's affair. */
function encoded(encode: () => Buffer): Buffer | undefined {
  try {
    return encode()
  } catch {
    return undefined
  }
}

/** The endpoint below the services. */
export const transport: Target = {
  name: 'transport',
  what: 'bytes of the transport and of chunks',
  run: (budget) => fuzzed(budget, attackTransport),
}

/** The services, from valid sessions. */
export const services: Target = {
  name: 'services',
  what: 'requests of every service',
  run: (budget) => fuzzed(budget, attackServices),
}
