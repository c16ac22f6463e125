import { getHeapStatistics } from 'node:v8'
import { workerData } from 'node:worker_threads'
import type { StepPlugin } from '../plugin/define.ts'
import { load } from '../plugin/load.ts'
import type { FromThread, SentLate, SentUse, ThreadData, ToThread } from './message.ts'
import { begin, pause } from './pulse.ts'
import { type Session, sessionOf } from './session.ts'

/*
 * The thread of a module of plugins: it loads the module and computes one turn after the other. It may be ended at any moment,
 * so it holds nothing that anybody else needs.
 */
const { url, origin, externalMax, port, pulse } = workerData as ThreadData

/** Memory outside the heap is looked at so often, in milliseconds. */
const memoryCheckMs = 100

/** Deadline of loading; whoever started the thread has a shorter one. */
const loadMs = 60_000

const sessions = new Map<number, Session | { readonly error: unknown }>()
let plugins: ReadonlyMap<string, StepPlugin> = new Map()
let checkedAt = 0

function send(message: FromThread): void {
  port.postMessage(message)
}

function open(step: number, use: SentUse): void {
  const plugin = plugins.get(use.type)
  try {
    if (!plugin) throw new Error(`${origin} has no function ${use.type} any more; start the plant again`)
    sessions.set(
      step,
      sessionOf(plugin, use, (told) => late(step, told)),
    )
  } catch (error) {
    // The step says so when it is to be computed.
    sessions.set(step, { error })
  }
}

function late(step: number, told: SentLate): void {
  try {
    send({ kind: 'late', step, ...told })
  } catch {
    // What was emitted cannot leave the thread; as nothing at all it makes the outputs Bad.
    const nothing = Object.entries(told.emissions).map(([name, { time }]) => [name, { value: undefined, time }])
    send({ kind: 'late', step, emissions: Object.fromEntries(nothing), isBroken: told.isBroken })
  }
}

function turn(request: Extract<ToThread, { kind: 'turn' }>): void {
  const { id } = request
  begin(pulse, id)
  try {
    const session = sessions.get(request.step)
    if (!session) throw new Error('the step is closed')
    if ('error' in session) throw session.error
    const answer = session.turn(request)
    if (!(answer instanceof Promise)) send({ kind: 'answered', id, answer })
    else
      answer.then((later) => send({ kind: 'answered', id, answer: later })).catch((error: unknown) => failed(id, error))
  } catch (error) {
    failed(id, error)
  }
  pause(pulse)
}

function failed(id: number, error: unknown): void {
  const { name, message, status } = Object(error) as { name?: unknown; message?: unknown; status?: unknown }
  const text = typeof message === 'string' ? message : String(error)
  const isUncloneable = name === 'DataCloneError'
  send({
    kind: 'failed',
    id,
    message: isUncloneable ? `it gave something that cannot leave its thread: ${text}` : text,
    status: typeof status === 'number' ? status : undefined,
  })
}

/** The limits of Node are for the heap; buffers lie outside. */
function checkMemory(): void {
  const now = performance.now()
  if (now - checkedAt < memoryCheckMs) return
  checkedAt = now
  if (getHeapStatistics().external_memory <= externalMax) return
  send({ kind: 'overfull' })
  port.close()
}

function receive(request: ToThread): void {
  switch (request.kind) {
    case 'open':
      open(request.step, request)
      break
    case 'turn':
      turn(request)
      break
    case 'ping':
      begin(pulse, request.id)
      send({ kind: 'answered', id: request.id, answer: {} })
      pause(pulse)
      break
    default: {
      const session = sessions.get(request.step)
      const isUsable = session && !('error' in session)
      if (request.kind === 'taken' && isUsable) session.taken()
      if (request.kind === 'close') {
        if (isUsable) session.close()
        sessions.delete(request.step)
      }
    }
  }
  checkMemory()
}

const loaded = await load({ url, origin }, loadMs)
plugins = new Map(
  loaded.plugins.flatMap((each) => (each.kind === 'device' || each.kind === 'simulator' ? [] : [[each.type, each]])),
)
const [complaint] = loaded.complaints
if (plugins.size === 0 && complaint) send({ kind: 'unusable', message: complaint.message })
else {
  port.on('message', receive)
  send({ kind: 'ready' })
}
