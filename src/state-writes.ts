import { parameterTag } from './model/tag.ts'
import { parameterSaved, programSaved, type StoredParameter, type StoredProgram } from './store/plant-state-store.ts'
import { type RunEnd, type RunStart, runSaved } from './store/run-store.ts'
import type { Write } from './store/write-queue.ts'

/** The write that keeps the state of a Program; a newer state replaces it. */
export function writeOfProgram(program: StoredProgram): Write {
  return { kind: 'state', key: `the state of ${program.pipeline}`, statements: [programSaved(program)] }
}

/** The write that keeps a parameter; a newer value replaces it. */
export function writeOfParameter(parameter: StoredParameter): Write {
  const key = `parameter ${parameterTag(parameter.pipeline, parameter.name)}`
  return { kind: 'state', key, statements: [parameterSaved(parameter)] }
}

/** The write that keeps a run, whole each time: it is the same whether its start was written before or not. */
export function writeOfRun(run: RunStart, end?: RunEnd): Write {
  return { kind: 'run', key: `run ${run.runId}`, statements: [runSaved({ ...run, end })] }
}

/** What started a run, by its initiator: `auto`, `schedule` and `restart` say so themselves; everybody else is a job or a user. */
export function triggerOf(initiator: string): string {
  if (initiator.startsWith('job:')) return 'job'
  return ['auto', 'schedule', 'restart'].includes(initiator) ? initiator : 'user'
}
