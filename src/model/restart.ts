import type { ProgramState } from './program.ts'

/** What a pipeline declares about a restart of the program (`restart:` in its file). */
export const restartPolicies = ['resume', 'ready', 'halted'] as const

/** What becomes of a pipeline that was active when the program ended. */
export type RestartPolicy = (typeof restartPolicies)[number]

const table: Readonly<Record<RestartPolicy, Readonly<Record<ProgramState, ProgramState>>>> = {
  resume: { Halted: 'Halted', Ready: 'Ready', Running: 'Running', Suspended: 'Suspended' },
  ready: { Halted: 'Halted', Ready: 'Ready', Running: 'Ready', Suspended: 'Ready' },
  halted: { Halted: 'Halted', Ready: 'Ready', Running: 'Halted', Suspended: 'Halted' },
}

/**
 * The state in which a pipeline comes back: `resume` starts a new run where one was under way (and suspends it again where
 * it was suspended), `ready` waits for somebody to start it, `halted` asks for a Reset first. One that was halted stays so,
 * because somebody, or a fault, has stopped it for a reason.
 */
export function stateAfterRestart(before: ProgramState, policy: RestartPolicy): ProgramState {
  return table[policy][before]
}
