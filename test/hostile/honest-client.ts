import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** How an honest client was served since it was asked last. */
export interface Served {
  readonly reads: number
  readonly errors: readonly string[]
  /** In milliseconds. */
  readonly p99Ms: number
  readonly longestMs: number
}

/** An honest client that runs in a process of its own. */
export interface HonestClient {
  /** How it was served since the last call. */
  served(): Promise<Served>
  /** Lets a new client connect and read; resolves to how long that took in milliseconds, or to why it failed. */
  probe(): Promise<number | string>
  end(): Promise<void>
}

/** Starts an honest client that reads a variable ten times a second. */
export async function startHonest(url: string, nodeId: string): Promise<HonestClient> {
  const child = fork(join(import.meta.dirname, 'honest-process.ts'), [url, nodeId], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (data) => {
    said = `${said}${data}`.slice(-4000)
  })
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the honest client has ended with ${code}: ${said}`)
  })
  gone.catch(() => undefined)
  await Promise.race([once(child, 'message'), gone])
  return clientOf(child, gone)
}

function clientOf(child: ChildProcess, gone: Promise<never>): HonestClient {
  let lastId = 0
  const waiting = new Map<number, (answer: Answer) => void>()
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer))
  const ask = (what: string): Promise<Answer> => {
    const id = ++lastId
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    child.send({ id, what })
    return Promise.race([answered, gone])
  }
  return {
    async served() {
      const { durations = [], errors = [] } = await ask('stats')
      const sorted = [...durations].sort((a, b) => a - b)
      return {
        reads: durations.length,
        errors,
        p99Ms: sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0,
        longestMs: sorted.at(-1) ?? 0,
      }
    },
    async probe() {
      const { tookMs, error } = await ask('probe')
      return tookMs ?? error ?? 'no answer'
    },
    async end() {
      const ended = once(child, 'exit')
      child.send({ id: ++lastId, what: 'end' })
      await ended
    },
  }
}

interface Answer {
  readonly id: number
  readonly durations?: readonly number[]
  readonly errors?: readonly string[]
  readonly tookMs?: number
  readonly error?: string
}
