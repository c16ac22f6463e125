import type { RetryDefinition, Source } from '../model/definition.ts'
import type { Value } from '../model/value.ts'
import { parseDuration } from './duration.ts'
import type { SourceEntry } from './pipeline-schema.ts'
import type { RetryEntry } from './plant-schema.ts'

/** A duration that has passed the schema, in milliseconds; `absent` when it was not written. */
export function msOf(text: string | undefined, absent: number): number {
  return text === undefined ? absent : (parseDuration(text) ?? absent)
}

/** Attempts as written, with their defaults. */
export function retryOf(entry: RetryEntry, absent: RetryDefinition): RetryDefinition {
  const delayMs = msOf(entry.delay, absent.delayMs)
  return {
    attempts: entry.attempts ?? absent.attempts,
    delayMs,
    factor: entry.factor ?? absent.factor,
    jitter: entry.jitter ?? absent.jitter,
    maxDelayMs: Math.max(delayMs, msOf(entry.maxDelay, absent.maxDelayMs)),
  }
}

/**
 * What feeds an input. A text is a wire (`owner.port`) or a parameter (`$name`), never a literal: a literal text is written
 * `{ value: auto }`, so that nobody has to guess which one a text is.
 */
export function sourceOf(entry: SourceEntry): Source {
  if (typeof entry === 'string') {
    if (entry.startsWith('$')) return { kind: 'parameter', name: entry.slice(1) }
    const [owner = '', port = ''] = entry.split('.')
    return { kind: 'wire', owner, port }
  }
  if (typeof entry === 'object' && 'value' in entry) return { kind: 'literal', value: entry.value as Value }
  return { kind: 'literal', value: entry as Value }
}
