import type { PipelineDefinition } from '../model/definition.ts'
import type { Outcome } from '../model/event.ts'
import type { ProgramState } from '../model/program.ts'
import { stateAfterRestart } from '../model/restart.ts'
import type { Sample, TagSample } from '../model/sample.ts'

/** What a pipeline was when the program ended. */
export interface RememberedPipeline {
  /** Absent when it was never started, stopped or halted. */
  readonly state?: ProgramState | undefined
  /** The parameters that somebody has set, by name. */
  readonly parameters: ReadonlyMap<string, Sample>
  /** What its steps and outputs showed last, by tag. */
  readonly samples?: ReadonlyMap<string, Sample> | undefined
  /** What came of its runs so far. */
  readonly runs?: RememberedRuns | undefined
}

/** What is known of the runs of a pipeline from before the program was started. */
export interface RememberedRuns {
  readonly count: number
  readonly lastOutcome: Outcome
  /** Empty when the last run went well. */
  readonly lastError: string
  /** The outputs at the end of the last run. */
  readonly results: readonly TagSample[]
}

/** What a pipeline is to do when the plant starts, and who is named as the one who asked for it. */
export interface Beginning {
  readonly state: ProgramState
  readonly initiator: 'auto' | 'restart'
}

/**
 * How a pipeline begins. One that nothing is known of starts with the plant where its file says so; so does a `once` pipeline
 * that was Ready, since that is how each of its runs leaves it. All others come back by their policy: one that is started
 * again and again and was Ready has been stopped by somebody.
 */
export function beginningOf(definition: PipelineDefinition, before: ProgramState | undefined): Beginning {
  const { autoStart, trigger, restart } = definition
  if (before === undefined || (before === 'Ready' && trigger.kind === 'once')) {
    return { state: autoStart ? 'Running' : 'Ready', initiator: 'auto' }
  }
  return { state: stateAfterRestart(before, restart), initiator: 'restart' }
}
