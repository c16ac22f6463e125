import type { ExecutionHost } from '../execution.ts'
import type { Deadlines } from './deadlines.ts'
import type { Mark } from './mark.ts'
import type { Plan } from './plan.ts'
import type { Samples } from './samples.ts'
import type { Steps } from './steps.ts'
import type { Work } from './work.ts'

/** What a wave needs from its execution. */
export interface WaveOwner {
  readonly plan: Plan
  readonly samples: Samples
  readonly steps: Steps
  readonly work: Work
  readonly host: ExecutionHost
  readonly deadlines: Deadlines
  readonly mark: Mark
  /** Told whenever a part of an asynchronous wave has been computed and more is to come. */
  onProgress(): void
}
