import { randomUUID } from 'node:crypto'

/** A new id for a run, unlike that of any other. */
export function newRunId(): string {
  return randomUUID()
}
