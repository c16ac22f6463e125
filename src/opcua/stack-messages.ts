import { systemClock } from '../model/clock.ts'
import { routeStackLog, type StackLogLevel } from './guard/stack-log.ts'
import type { Log } from './space-context.ts'

/** Lines that the stack writes about every healthy server or client. */
const harmless = [
  // OPC 10030 describes its structures with a dictionary of 1.03, which we do not use.
  /dataTypeDictionary/,
  /has already been registered/,
  /Creating default certificate/,
]

const logs = new Set<Log>()
let isRouted = false

/** Sends what the stack says to the log of every running server: its own log is one for the whole process. */
export function receiveStackMessages(log: Log): () => void {
  if (!isRouted) {
    isRouted = true
    routeStackLog(tell, systemClock)
  }
  logs.add(log)
  return () => logs.delete(log)
}

function tell(level: StackLogLevel, message: string): void {
  const shown = harmless.some((pattern) => pattern.test(message)) ? 'debug' : level
  for (const log of logs) log(shown, `stack: ${message}`)
}
