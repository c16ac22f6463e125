import { readdirSync, readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

/** What the process takes of what it may have; undefined is not known on this system. */
export interface Resources {
  /** Open files and sockets. */
  readonly handles: number | undefined
  readonly handlesMax: number | undefined
  /** Bytes of the heap. */
  readonly heap: number
  readonly heapMax: number
  /** Bytes of memory in all. */
  readonly memory: number
}

/** Reads what this process takes now; handles are known on Linux only. */
export function readResources(): Resources {
  const { used_heap_size: heap, heap_size_limit: heapMax } = getHeapStatistics()
  return { ...handlesNow(), heap, heapMax, memory: process.memoryUsage.rss() }
}

function handlesNow(): Pick<Resources, 'handles' | 'handlesMax'> {
  if (process.platform !== 'linux') return { handles: undefined, handlesMax: undefined }
  try {
    handlesMax ??= softLimitOf(readFileSync('/proc/self/limits', 'utf8'))
    // The handle that reads the folder counts itself.
    return { handles: readdirSync('/proc/self/fd').length - 1, handlesMax }
  } catch (error) {
    // That nothing can be opened any more is the answer.
    const isExhausted = ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')
    return { handles: isExhausted ? handlesMax : undefined, handlesMax }
  }
}

let handlesMax: number | undefined

/** The soft limit of open files in the text of `/proc/self/limits`; undefined when there is none. */
export function softLimitOf(limits: string): number | undefined {
  const limit = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  return limit === undefined ? undefined : Number(limit)
}
