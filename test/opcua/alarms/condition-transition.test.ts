import { expect } from 'chai'
import fc from 'fast-check'
import { Status } from '../../../src/model/status.ts'
import {
  type ConditionState,
  ConditionStatus,
  initialCondition,
  needsAttention,
  retainedBranches,
  retainOf,
} from '../../../src/opcua/alarms/condition-state.ts'
import {
  type ConditionInput,
  type ConditionOutcome,
  type ConditionPolicy,
  transition,
} from '../../../src/opcua/alarms/condition-transition.ts'

const comment = { text: '', locale: '' }

/** A condition that inputs are fed to one after the other. */
function rig(more: Partial<ConditionPolicy> = {}) {
  let ids = 0
  const policy = { newId: () => `id${++ids}`, isConfirmRequired: false, branchesMax: 3, shelvedMaxMs: 1000, ...more }
  let state = initialCondition({ severity: 400, time: 0 })
  let time = 0
  const feed = (input: Omit<ConditionInput, 'time'>): ConditionOutcome => {
    const outcome = transition(state, { ...input, time: ++time } as ConditionInput, policy)
    state = outcome.state
    return outcome
  }
  return {
    get state() {
      return state
    },
    feed,
    activate: (severity = 400, isEscalation = false) =>
      feed({ kind: 'activate', message: 'on', severity, isEscalation } as never),
    deactivate: () => feed({ kind: 'deactivate', message: 'off' } as never),
    ask: (kind: 'acknowledge' | 'confirm' | 'addComment', eventId = state.trunk.eventId, text = comment) =>
      feed({ kind, eventId, comment: text, user: 'kim' } as never),
  }
}

/** Rows as in Part 9 Annex B: branch (* is the trunk), active, acked, confirmed, retain. */
function rows({ reports }: ConditionOutcome): string[] {
  const letter = (flag: boolean): string => (flag ? 'T' : 'F')
  return reports.map(({ branch, retain }) => {
    const flags = [branch.isActive, branch.isAcked, branch.isConfirmed, retain].map(letter).join('')
    return `${branch.id === '' ? '*' : '#'} ${flags}`
  })
}

describe('condition transitions', () => {
  it('follows Part 9 Table B.1 where an acknowledgement must be confirmed', () => {
    const { activate, deactivate, ask } = rig({ isConfirmRequired: true })
    expect(rows(activate())).to.deep.equal(['* TFTT'])
    expect(rows(ask('acknowledge'))).to.deep.equal(['* TTFT'])
    expect(rows(deactivate())).to.deep.equal(['* FTFT'])
    expect(rows(ask('confirm'))).to.deep.equal(['* FTTF'])
    expect(rows(activate())).to.deep.equal(['* TFTT'])
    expect(rows(deactivate())).to.deep.equal(['* FFTT'])
    expect(rows(ask('acknowledge'))).to.deep.equal(['* FTFT'])
    expect(rows(ask('confirm'))).to.deep.equal(['* FTTF'])
  })

  it('ends with the acknowledgement where no confirmation is asked for (information model 5.7)', () => {
    const { activate, deactivate, ask } = rig()
    activate()
    deactivate()
    expect(rows(ask('acknowledge'))).to.deep.equal(['* FTTF'])
    expect(ask('confirm').status).to.equal(ConditionStatus.BadConditionBranchAlreadyConfirmed)
  })

  it('keeps an unacknowledged state as a branch when it is active again (Part 9 §4.4)', () => {
    const { activate, deactivate, ask, state: _, ...rest } = rig()
    activate()
    deactivate()
    const again = activate()
    expect(rows(again)).to.deep.equal(['# FFTT', '* TFTT'])
    const branch = again.state.branches[0]
    expect(branch?.id).to.not.equal('')
    expect(rows(ask('acknowledge', again.state.trunk.eventId))).to.deep.equal(['* TTTT'])
    expect(rows(deactivate())).to.deep.equal(['* FTTT'])
    // The trunk was retained for its branch alone, so it is told too (Table B.2, last row).
    expect(rows(ask('acknowledge', branch?.eventId))).to.deep.equal(['# FTTF', '* FTTF'])
    expect(rest.feed({ kind: 'deactivate', message: '' } as never).reports).to.deep.equal([])
  })

  it('keeps no more branches than it may', () => {
    const { activate, deactivate } = rig({ branchesMax: 2 })
    let last = activate()
    for (let index = 0; index < 10; index++) {
      deactivate()
      last = activate()
    }
    expect(last.state.branches).to.have.length(2)
    expect(rows(last)).to.deep.equal(['* TFTT'])
  })

  it('asks for a new acknowledgement when it gets worse, and not when it eases', () => {
    const { activate, ask } = rig()
    activate(400)
    ask('acknowledge')
    expect(rows(activate(700, true))).to.deep.equal(['* TFTT'])
    ask('acknowledge')
    const eased = activate(400)
    expect(rows(eased)).to.deep.equal(['* TTTT'])
    expect(eased.state.trunk).to.include({ severity: 400, lastSeverity: 700 })
  })

  it('acknowledges once, and knows no event but the newest', () => {
    const { activate, ask } = rig()
    const { eventId } = activate().state.trunk
    expect(ask('acknowledge', 'made up').status).to.equal(ConditionStatus.BadEventIdUnknown)
    expect(ask('acknowledge', '').status).to.equal(ConditionStatus.BadEventIdUnknown)
    expect(ask('acknowledge', eventId).status).to.equal(Status.Good)
    expect(ask('acknowledge', eventId).status).to.equal(ConditionStatus.BadEventIdUnknown)
    expect(ask('acknowledge').status).to.equal(ConditionStatus.BadConditionBranchAlreadyAcked)
  })

  it('takes comments; a null one leaves the one before, an empty one with a locale takes it away', () => {
    const { activate, ask } = rig()
    activate()
    const text = { text: 'I look', locale: 'en' }
    expect(ask('addComment', undefined, text).state.trunk).to.deep.include({ comment: text, user: 'kim' })
    expect(ask('acknowledge').state.trunk.comment).to.deep.equal(text)
    expect(ask('addComment', undefined, { text: '', locale: 'en' }).state.trunk.comment.text).to.equal('')
  })

  it('is silent while it is disabled, retains nothing, and tells what has come of it when it is enabled', () => {
    const { activate, feed, ask } = rig()
    activate()
    const disabled = feed({ kind: 'disable' } as never)
    expect(rows(disabled)).to.deep.equal(['* TFTF'])
    expect(retainedBranches(disabled.state)).to.deep.equal([])
    expect(feed({ kind: 'disable' } as never).status).to.equal(ConditionStatus.BadConditionAlreadyDisabled)
    for (const kind of ['acknowledge', 'confirm', 'addComment'] as const) {
      expect(ask(kind).status).to.equal(ConditionStatus.BadConditionDisabled)
    }
    expect(feed({ kind: 'oneShotShelve' } as never).status).to.equal(ConditionStatus.BadConditionDisabled)
    expect(feed({ kind: 'deactivate', message: 'off' } as never).reports).to.deep.equal([])
    expect(rows(feed({ kind: 'enable' } as never))).to.deep.equal(['* FFTT'])
    expect(feed({ kind: 'enable' } as never).status).to.equal(ConditionStatus.BadConditionAlreadyEnabled)
  })

  it('shelves for a time and once, with the statuses of Part 9 §5.8.17', () => {
    const { activate, deactivate, feed } = rig()
    const timed = (ms: number) => feed({ kind: 'timedShelve', ms } as never)
    const once = () => feed({ kind: 'oneShotShelve' } as never)
    const unshelve = () => feed({ kind: 'unshelve' } as never)
    expect(unshelve().status).to.equal(ConditionStatus.BadConditionNotShelved)
    for (const ms of [0, -1, 1001, Number.NaN, Infinity]) {
      expect(timed(ms).status, String(ms)).to.equal(ConditionStatus.BadShelvingTimeOutOfRange)
    }
    expect(timed(500).state.shelving).to.include({ kind: 'TimedShelved' })
    expect(timed(500).status).to.equal(ConditionStatus.BadConditionAlreadyShelved)
    expect(once().state.shelving).to.include({ kind: 'OneShotShelved' })
    expect(once().status).to.equal(ConditionStatus.BadConditionAlreadyShelved)
    expect(unshelve().state.shelving).to.deep.equal({ kind: 'Unshelved' })
    once()
    activate()
    expect(deactivate().state.shelving).to.deep.equal({ kind: 'Unshelved' })
    timed(500)
    activate()
    expect(deactivate().state.shelving).to.include({ kind: 'TimedShelved' })
    expect(feed({ kind: 'shelvingElapsed' } as never).state.shelving).to.deep.equal({ kind: 'Unshelved' })
    expect(feed({ kind: 'shelvingElapsed' } as never).reports).to.deep.equal([])
  })

  it('keeps its state when the quality of its input is bad, and says so once', () => {
    const { activate, feed } = rig()
    activate()
    const bad = feed({ kind: 'quality', quality: Status.BadNoCommunication } as never)
    expect(rows(bad)).to.deep.equal(['* TFTT'])
    expect(bad.state.trunk.quality).to.equal(Status.BadNoCommunication)
    expect(feed({ kind: 'quality', quality: Status.BadNoCommunication } as never).reports).to.deep.equal([])
  })

  it('is over, branches and all, before it is removed (information model 5.9 rule 4)', () => {
    const { activate, deactivate, feed } = rig()
    activate()
    deactivate()
    activate()
    const removed = feed({ kind: 'remove' } as never)
    expect(rows(removed)).to.deep.equal(['# FTTF', '* FTTF'])
    expect(removed.state.branches).to.deep.equal([])
    expect(feed({ kind: 'remove' } as never).reports).to.deep.equal([])
  })
})

describe('any sequence of inputs of a condition', () => {
  const inputs = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('activate'),
        severity: fc.integer({ min: 1, max: 1000 }),
        isEscalation: fc.boolean(),
      }),
      fc.record({ kind: fc.constantFrom('deactivate', 'enable', 'disable', 'oneShotShelve', 'unshelve', 'remove') }),
      fc.record({ kind: fc.constant('timedShelve'), ms: fc.integer({ min: -10, max: 1100 }) }),
      fc.record({
        kind: fc.constant('quality'),
        quality: fc.constantFrom<number>(Status.Good, Status.BadNoCommunication),
      }),
      // An answer to one of the events so far, the newest or not.
      fc.record({ kind: fc.constantFrom('acknowledge', 'confirm', 'addComment'), event: fc.nat(20) }),
    ),
    { maxLength: 60 },
  )

  it('retains exactly what is active or needs attention, and never reuses an EventId', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (sequence, isConfirmRequired) => {
        const { feed } = rig({ isConfirmRequired })
        const events: string[] = []
        for (const input of sequence) {
          const eventId = 'event' in input ? (events.at(-1 - input.event) ?? '') : ''
          const before = [...events]
          const outcome = feed({ message: 'm', comment, user: '', ...input, eventId } as never)
          check(outcome, before)
          events.push(...outcome.reports.map(({ branch }) => branch.eventId))
        }
        expect(new Set(events).size).to.equal(events.length)
      }),
    )
  })

  function check({ status, state, reports }: ConditionOutcome, before: string[]): void {
    if (status !== Status.Good) expect(reports).to.deep.equal([])
    for (const { branch, retain } of reports) {
      expect(before).to.not.include(branch.eventId)
      const expected = state.isEnabled && (branch.isActive || needsAttention(branch))
      expect(retain).to.equal(expected || (branch.id === '' && state.isEnabled && state.branches.length > 0))
    }
    checkState(state)
  }

  function checkState(state: ConditionState): void {
    expect(state.branches.length).to.be.at.most(3)
    for (const branch of state.branches) expect(needsAttention(branch)).to.equal(true)
    if (state.isEnabled && state.branches.length > 0) expect(retainOf(state, state.trunk)).to.equal(true)
    if (!state.trunk.isConfirmed) expect(state.trunk.isAcked).to.equal(true)
    expect(state.trunk.severity).to.be.within(1, 1000)
  }
})
