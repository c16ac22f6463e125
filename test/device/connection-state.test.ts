import { expect } from 'chai'
import fc from 'fast-check'
import {
  backoffMs,
  breakerStateOf,
  initialLink,
  jittered,
  type LinkInput,
  type LinkPolicy,
  type LinkState,
  transition,
} from '../../src/device/connection-state.ts'

const policy: LinkPolicy = { retry: { attempts: 1, delayMs: 100, factor: 2, jitter: 0.1, maxDelayMs: 1000 } }
const withBreaker: LinkPolicy = { ...policy, breaker: { failures: 3, resetMs: 30_000 } }

const withProbes: LinkPolicy = { ...policy, breaker: { failures: 3, resetMs: 30_000, probes: 3 } }

const failed = (fact: 'communication' | 'notConnected' | 'plugin' = 'communication'): LinkInput => ({
  kind: 'failed',
  fact,
})
const state = (name: LinkState['name'], failures = 0, answers?: number): LinkState => ({
  name,
  failures,
  ...(answers === undefined ? {} : { answers }),
})

/** A row: from, input, to, effects in words, policy. */
type Row = [LinkState, LinkInput, LinkState, string[], LinkPolicy?]

const rows: Record<string, Row[]> = {
  'when it is wanted': [
    [initialLink, { kind: 'enable' }, state('Connecting'), ['connect']],
    [state('Disconnected', 4), { kind: 'enable' }, state('Connecting', 4), ['connect']],
    [state('Error', 4), { kind: 'enable' }, state('Connecting', 4), ['connect']],
    [state('Connecting', 1), { kind: 'enable' }, state('Connecting', 1), []],
    [state('Connected'), { kind: 'enable' }, state('Connected'), []],
  ],
  'when it is not wanted': [
    [initialLink, { kind: 'disable' }, initialLink, []],
    [state('Disconnected', 2), { kind: 'disable' }, initialLink, ['close']],
    [state('Connecting', 2), { kind: 'disable' }, initialLink, ['close']],
    [state('Connected', 2), { kind: 'disable' }, initialLink, ['close']],
    [state('Error', 2), { kind: 'disable' }, initialLink, ['close']],
  ],
  'when the link is made': [
    [state('Connecting', 2), { kind: 'connected' }, state('Connected', 2), []],
    [initialLink, { kind: 'connected' }, initialLink, []],
  ],
  'when the device answers': [
    [state('Connected', 2), { kind: 'answered' }, state('Connected', 0), []],
    [state('Disconnected', 2), { kind: 'answered' }, state('Disconnected', 2), []],
  ],
  'when an attempt fails': [
    [state('Connecting', 0), failed(), state('Disconnected', 1), ['close', 'wait 100']],
    [state('Connecting', 1), failed(), state('Disconnected', 2), ['close', 'wait 200']],
    [state('Connecting', 9), failed(), state('Disconnected', 10), ['close', 'wait 1000']],
    [state('Connecting', 0), failed('notConnected'), state('Disconnected', 1), ['close', 'wait 100']],
  ],
  'when a link that worked is lost': [
    [state('Connected', 0), failed(), state('Disconnected', 1), ['close', 'wait 100']],
    [state('Connected', 0), failed('notConnected'), state('Connecting', 1), ['close', 'connect']],
    [state('Connected', 1), failed('notConnected'), state('Disconnected', 2), ['close', 'wait 200']],
  ],
  'when the plugin breaks its interface': [
    [state('Connecting', 0), failed('plugin'), state('Error', 1), ['close', 'wait 1000']],
  ],
  'when the wait is over': [
    [state('Disconnected', 2), { kind: 'waited' }, state('Connecting', 2), ['connect']],
    [state('Error', 3), { kind: 'waited' }, state('Connecting', 3), ['connect']],
    [initialLink, { kind: 'waited' }, initialLink, []],
    [state('Connected', 0), { kind: 'waited' }, state('Connected', 0), []],
  ],
  'when there is a breaker': [
    [state('Connecting', 1), failed(), state('Disconnected', 2), ['close', 'wait 200'], withBreaker],
    [state('Connecting', 2), failed(), state('Error', 3), ['close', 'wait 30000'], withBreaker],
    [state('Connecting', 3), failed(), state('Error', 4), ['close', 'wait 30000'], withBreaker],
    [state('Connected', 3), failed(), state('Error', 4), ['close', 'wait 30000'], withBreaker],
  ],
  'when the breaker is half open': [
    [state('Connected', 3), { kind: 'answered' }, state('Connected', 0), [], withBreaker],
    [state('Connected', 3), { kind: 'answered' }, state('Connected', 3, 1), [], withProbes],
    [state('Connected', 3, 1), { kind: 'answered' }, state('Connected', 3, 2), [], withProbes],
    [state('Connected', 3, 2), { kind: 'answered' }, state('Connected', 0), [], withProbes],
    // One probe that fails opens it again, and the ones before it count no more.
    [state('Connected', 3, 2), failed(), state('Error', 4), ['close', 'wait 30000'], withProbes],
    [state('Connected', 3, 2), { kind: 'disable' }, initialLink, ['close'], withProbes],
    [state('Connected', 3, 2), { kind: 'reset' }, state('Connected', 0), [], withProbes],
    // A breaker that is closed needs one answer to forget a failure.
    [state('Connected', 2), { kind: 'answered' }, state('Connected', 0), [], withProbes],
  ],
  'when the breaker is tripped': [
    [state('Connected', 0), { kind: 'trip' }, state('Error', 3), ['close', 'wait 30000'], withBreaker],
    [state('Connected', 5, 1), { kind: 'trip' }, state('Error', 6), ['close', 'wait 30000'], withProbes],
    [state('Connecting', 1), { kind: 'trip' }, state('Error', 3), ['close', 'wait 30000'], withBreaker],
    [state('Disconnected', 1), { kind: 'trip' }, state('Error', 3), ['close', 'wait 30000'], withBreaker],
    [state('Error', 3), { kind: 'trip' }, state('Error', 3), [], withBreaker],
    // A plugin that broke its interface has not opened the breaker.
    [state('Error', 1), { kind: 'trip' }, state('Error', 3), ['close', 'wait 30000'], withBreaker],
    [initialLink, { kind: 'trip' }, initialLink, [], withBreaker],
    [state('Connected', 0), { kind: 'trip' }, state('Connected', 0), []],
  ],
  'when the breaker is reset': [
    [state('Error', 3), { kind: 'reset' }, state('Connecting', 0), ['connect'], withBreaker],
    [state('Connecting', 3), { kind: 'reset' }, state('Connecting', 0), [], withBreaker],
    [state('Connected', 4), { kind: 'reset' }, state('Connected', 0), [], withBreaker],
    [state('Disconnected', 2), { kind: 'reset' }, state('Disconnected', 2), [], withBreaker],
    // A plugin that broke its interface is no open breaker.
    [state('Error', 1), { kind: 'reset' }, state('Error', 1), [], withBreaker],
    [state('Error', 9), { kind: 'reset' }, state('Error', 9), []],
  ],
  'when a failure comes too late': [
    [initialLink, failed(), initialLink, []],
    [state('Disconnected', 2), failed(), state('Disconnected', 2), []],
    [state('Error', 3), failed('notConnected'), state('Error', 3), []],
  ],
}

describe('connection state', () => {
  for (const [when, cases] of Object.entries(rows)) {
    for (const [from, input, to, effects, rule = policy] of cases) {
      const fact = input.kind === 'failed' ? ` (${input.fact})` : ''
      it(`goes from ${from.name} ${from.failures} to ${to.name} ${to.failures} by ${input.kind}${fact}, ${when}`, () => {
        const next = transition(from, input, rule)
        expect(next.state).to.deep.equal(to)
        expect(
          next.effects.map((effect) => (effect.kind === 'wait' ? `wait ${effect.ms}` : effect.kind)),
        ).to.deep.equal(effects)
      })
    }
  }

  it('always has a way on: it is up, waits, or is disabled, whatever comes', () => {
    const input: fc.Arbitrary<LinkInput> = fc.oneof(
      fc
        .constantFrom('enable', 'disable', 'connected', 'answered', 'waited', 'reset', 'trip')
        .map((kind) => ({ kind }) as LinkInput),
      fc.constantFrom('communication', 'notConnected', 'plugin').map((fact) => failed(fact as 'communication')),
    )
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 60 }),
        fc.constantFrom(policy, withBreaker, withProbes),
        (inputs, rule) => {
          let link = initialLink
          let isWaiting = false
          for (const each of inputs) {
            if (each.kind === 'waited' && !isWaiting) continue
            const { state: next, effects } = transition(link, each, rule)
            if (effects.length > 0) isWaiting = effects.at(-1)?.kind === 'wait'
            link = next
            expect(isWaiting).to.equal(link.name === 'Disconnected' || link.name === 'Error')
          }
        },
      ),
    )
  })
})

describe('breaker of a connection', () => {
  const inputs = fc.array(
    fc.oneof(
      fc.constantFrom('enable', 'connected', 'answered', 'waited').map((kind) => ({ kind }) as LinkInput),
      fc.constant(failed()),
    ),
    { maxLength: 200 },
  )

  it('closes after exactly as many answers in a row as it is told, and opens at the first failure before', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 4 }), (all, probes) => {
        const rule: LinkPolicy = { ...policy, breaker: { failures: 2, resetMs: 1000, probes } }
        let link = initialLink
        let answers = 0
        for (const input of all) {
          const before = breakerStateOf(link, rule)
          const wasConnected = link.name === 'Connected'
          link = transition(link, input, rule).state
          const after = breakerStateOf(link, rule)
          if (before !== 'HalfOpen') answers = 0
          else if (wasConnected && input.kind === 'answered') answers += 1
          if (before === 'HalfOpen' && after === 'Closed') expect(answers).to.equal(probes)
          if (before === 'HalfOpen' && after === 'HalfOpen') expect(answers).to.be.lessThan(probes)
          if (before === 'HalfOpen' && after === 'Open') expect(input.kind).to.equal('failed')
          if (after === 'Open') expect(link.name).to.equal('Error')
        }
      }),
    )
  })
})

describe('backoffMs', () => {
  it('grows by the factor up to the maximum, and stays finite', () => {
    const delays = [1, 2, 3, 4, 5, 10_000].map((failures) => backoffMs(policy.retry, failures))
    expect(delays).to.deep.equal([100, 200, 400, 800, 1000, 1000])
  })

  it('never makes a loop without a pause', () => {
    expect(backoffMs({ ...policy.retry, delayMs: 0 }, 2000)).to.equal(10)
  })

  it('is spread by the jitter in both directions', () => {
    expect([0, 0.5, 1].map((random) => jittered(100, 0.2, random))).to.deep.equal([80, 100, 120])
  })
})
