import type { MessagePort } from 'node:worker_threads'

/** What a thread is started with. */
export interface ThreadData {
  /** URL of the module of its plugins. */
  readonly url: string
  readonly origin: string
  /** Memory outside the heap that it may use, in bytes; the heap has its limit from Node. */
  readonly externalMax: number
  readonly port: MessagePort
  /** What it is doing, for whoever may have to end it; see `pulse.ts`. */
  readonly pulse: Int32Array
}

/** What was emitted for one output; `time` is given for what did not belong to a turn. */
export interface SentEmission {
  readonly value: unknown
  readonly time: number | undefined
}

/** What happened to an operator outside its turns. */
export interface SentLate {
  readonly emissions: Readonly<Record<string, SentEmission>>
  /** Its streams have ended with an error, which its next turn tells. */
  readonly isBroken: boolean
}

/** A step as its thread is told of it. */
export interface SentUse {
  readonly type: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** What a thread is asked. Requests with an `id` are answered, in any order. */
export type ToThread =
  | ({ readonly kind: 'open'; readonly step: number } & SentUse)
  | { readonly kind: 'close'; readonly step: number }
  /** Late emissions of a step have been taken; the next may be sent. */
  | { readonly kind: 'taken'; readonly step: number }
  | { readonly kind: 'ping'; readonly id: number }
  | {
      readonly kind: 'turn'
      readonly id: number
      readonly step: number
      /** Undefined when an operator is only to be subscribed. */
      readonly inputs: Readonly<Record<string, unknown>> | undefined
      readonly moment: { readonly time: number; readonly elapsed: number; readonly isFirst: boolean } | undefined
    }

/** What a thread tells. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'overfull' }
  | { readonly kind: 'answered'; readonly id: number; readonly answer: SentAnswer }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly status: number | undefined }
  | ({ readonly kind: 'late'; readonly step: number } & SentLate)

/** What came of a turn. */
export interface SentAnswer {
  readonly outputs?: Readonly<Record<string, unknown>> | undefined
  readonly emissions?: Readonly<Record<string, SentEmission>> | undefined
  readonly wakeIn?: number | undefined
}
