import type { Sample, TagSample } from '../model/sample.ts'
import type { WaveResult } from './execution.ts'

/** What a run does while it is under way: waves again and again, or one sequence. */
export interface Activity {
  begin(): void
  /** Takes in samples of external tags; `hasChanged` tells whether a value or status among them is new. */
  feed(samples: readonly TagSample[], hasChanged: boolean): void
  setParameter(name: string, sample: Sample): void
  /** Starts nothing new until it is resumed; what is under way ends. */
  pause(): void
  resume(): void
  /** Starts nothing new for good; `onIdle` is told when nothing is under way, at once when nothing is. */
  stop(): void
  /** Cancels what is under way and stops. */
  cancel(): void
}

/** A step whose failure ends a run. */
export type Failure = Extract<WaveResult, { kind: 'failed' }>

/** Whom an activity tells. */
export interface ActivityHost {
  /** There are new samples and writes. */
  publish(): void
  onWave(durationMs: number): void
  onMissed(count: number): void
  /** So many triggers wait now. */
  onQueue(depth: number): void
  /** Nothing is under way any more, and nothing will be. */
  onIdle(): void
  /** It ended by itself. */
  onCompleted(): void
  onFailed(failure: Failure): void
}
