import { parentPort } from 'node:worker_threads'
import { isMillraceError, messageOf } from '../../model/errors.ts'
import type { SqlReads, SqlValue } from '../../sqlite/driver.ts'
import type { Page } from '../history-store.ts'
import { read } from '../read/reading.ts'
import { isTyped, type Samples } from '../samples.ts'
import { ChunkCache } from '../store/chunk-cache.ts'
import { type Memory, StoredReads } from '../store/stored-reads.ts'
import type { Ask, FromThread, SentError, ToThread } from './message.ts'

/** The thread of long reads: it decodes and computes, and asks for what is in memory and in the file. Reads take turns while they wait. */
const waiting = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>()
/** One for all databases: a chunk is known by its check sum too. */
const chunks = new ChunkCache()
let lastAsk = 0

parentPort?.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'read':
      void perform(message)
      break
    case 'given':
      taken(message.ask)?.resolve(message.value as never)
      break
    case 'refused':
      taken(message.ask)?.reject(new Error('nobody waits for it any more'))
      break
    default:
      message satisfies never
  }
})

async function perform({ job, reading, memory }: Extract<ToThread, { kind: 'read' }>): Promise<void> {
  let first = memory
  const all = <T>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly T[]> =>
    ask(job, { kind: 'rows', sql, parameters })
  const sql: SqlReads = { all, get: async <T>(...asked: Parameters<SqlReads['all']>) => (await all<T>(...asked))[0] }
  const reads = new StoredReads({
    memory(tag) {
      const known = first
      first = undefined
      return known ?? ask<Memory | undefined>(job, { kind: 'memory', tag })
    },
    reader: async () => sql,
    onDamage: (chunk) => tell({ kind: 'damaged', job, chunk }),
    chunks,
  })
  try {
    const page = owned(await read(reads, reading))
    tell({ kind: 'done', job, page }, buffersOf(page.samples))
  } catch (error) {
    tell({ kind: 'failed', job, error: sent(error) })
  }
}

function ask<T>(job: number, question: Ask): Promise<T> {
  const id = ++lastAsk
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    tell({ ...question, job, ask: id })
  })
}

function taken(id: number) {
  const found = waiting.get(id)
  waiting.delete(id)
  return found
}

function tell(message: FromThread, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred)
}

/** Columns that nobody else has: those of a chunk may be kept for the next read. */
function owned({ samples, next }: Page): Page {
  const { count, times, statuses, values, runs } = samples
  return {
    samples: {
      count,
      times: times.slice(),
      statuses: statuses.slice(),
      values: isTyped(values) ? values.slice() : values,
      runs: runs?.slice(),
    },
    ...(next ? { next } : {}),
  }
}

function buffersOf({ times, statuses, values, runs }: Samples): ArrayBuffer[] {
  const columns = [times, statuses, ...(isTyped(values) ? [values] : []), ...(runs ? [runs] : [])]
  return columns.map(({ buffer }) => buffer as ArrayBuffer)
}

function sent(error: unknown): SentError {
  const message = messageOf(error)
  return isMillraceError(error) ? { message, code: error.code, status: error.status } : { message }
}
