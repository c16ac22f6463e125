import { expect } from 'chai'
import { type ProgramCause, type ProgramState, transitionFor } from '../../src/model/program.ts'

const causes: readonly ProgramCause[] = ['start', 'suspend', 'resume', 'halt', 'reset', 'stop', 'complete', 'fail']

/** Part 10 §4.2.4, table of transitions; stop and complete are the internal cause of RunningToReady. */
const table: Readonly<Record<ProgramState, Partial<Record<ProgramCause, string>>>> = {
  Halted: { reset: 'HaltedToReady' },
  Ready: { start: 'ReadyToRunning', halt: 'ReadyToHalted' },
  Running: {
    suspend: 'RunningToSuspended',
    halt: 'RunningToHalted',
    fail: 'RunningToHalted',
    stop: 'RunningToReady',
    complete: 'RunningToReady',
  },
  Suspended: {
    resume: 'SuspendedToRunning',
    halt: 'SuspendedToHalted',
    fail: 'SuspendedToHalted',
    stop: 'SuspendedToReady',
    complete: 'SuspendedToReady',
  },
}

describe('transitionFor', () => {
  for (const [state, row] of Object.entries(table) as [ProgramState, Partial<Record<ProgramCause, string>>][]) {
    for (const cause of causes) {
      it(`makes ${row[cause] ?? 'nothing'} of ${cause} in ${state}`, () => {
        const transition = transitionFor(state, cause)
        expect(transition?.name).to.equal(row[cause])
        if (!transition) return
        expect(transition.from).to.equal(state)
        expect(transition.name).to.equal(`${transition.from}To${transition.to}`)
      })
    }
  }
})
