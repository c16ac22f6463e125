import { expect } from 'chai'
import {
  type JobCause,
  type JobState,
  jobRequests,
  jobStateNumber,
  jobStateOf,
  jobStates,
  jobTransition,
} from '../../src/model/job.ts'

/**
 * The transitions of ISA95JobOrderReceiverObjectType as its NodeSet has them, and the method that causes each (OPC 10031-4 V2
 * §6.3.2); those without a method happen by themselves.
 */
const standard: readonly (readonly [from: JobState, to: JobState, causes: readonly JobCause[]])[] = [
  ['NotAllowedToStart', 'NotAllowedToStart', ['update']],
  ['NotAllowedToStart', 'AllowedToStart', ['start']],
  ['NotAllowedToStart', 'Aborted', ['abort']],
  ['AllowedToStart', 'NotAllowedToStart', ['revokeStart']],
  ['AllowedToStart', 'AllowedToStart', ['update']],
  ['AllowedToStart', 'Running', ['run']],
  ['AllowedToStart', 'Aborted', ['abort', 'failed']],
  ['Running', 'Interrupted', ['pause', 'suspended', 'cutOff']],
  ['Running', 'Ended', ['stop', 'ended']],
  ['Running', 'Aborted', ['abort', 'failed']],
  ['Interrupted', 'Running', ['resume', 'resumed']],
  ['Interrupted', 'Ended', ['stop', 'ended']],
  ['Interrupted', 'Aborted', ['abort', 'failed']],
]

/** What the standard has no transition for: the end of the program, and taking an order off the list. */
const ours: readonly (readonly [from: JobState, to: JobState | 'removed', cause: JobCause])[] = [
  ['Running', 'Running', 'run'],
  ['Interrupted', 'Interrupted', 'cutOff'],
  ['NotAllowedToStart', 'removed', 'cancel'],
  ['AllowedToStart', 'removed', 'cancel'],
  ['Ended', 'removed', 'clear'],
  ['Aborted', 'removed', 'clear'],
]

describe('the states of a job order', () => {
  it('have the numbers of the standard', () => {
    expect(jobStates.map(jobStateNumber)).to.deep.equal([1, 2, 3, 4, 5, 6])
    expect(jobStates.map((state) => jobStateOf(jobStateNumber(state)))).to.deep.equal([...jobStates])
    expect([jobStateOf(0), jobStateOf(7), jobStateOf(1.5)]).to.deep.equal([undefined, undefined, undefined])
  })

  it('change as the standard says, and in no other way', () => {
    const wanted = new Map<string, string>()
    for (const [from, to, causes] of standard) for (const cause of causes) wanted.set(`${from} ${cause}`, to)
    for (const [from, to, cause] of ours) wanted.set(`${from} ${cause}`, to)
    const causes: readonly JobCause[] = [...jobRequests, 'run', 'suspended', 'resumed', 'ended', 'failed', 'cutOff']
    const cells = jobStates.flatMap((state) =>
      causes.map((cause) => [`${state} ${cause}`, jobTransition(state, cause)]),
    )
    expect(cells.length).to.equal(90)
    expect(new Map(cells.filter(([, to]) => to !== undefined) as [string, string][])).to.deep.equal(wanted)
  })
})
