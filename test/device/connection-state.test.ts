import { expect } from 'chai'
import fc from 'fast-check'
import {
  backoffMs,
  initialLink,
  jittered,
  type LinkInput,
  type LinkPolicy,
  type LinkState,
  transition,
} from '../../src/device/connection-state.ts'

const policy: LinkPolicy = { retry: { attempts: 1, delayMs: 100, factor: 2, jitter: 0.1, maxDelayMs: 1000 } }
const withBreaker: LinkPolicy = { ...policy, breaker: { failures: 3, resetMs: 30_000 } }

const failed = (fact: 'communication' | 'notConnected' | 'plugin' = 'communication'): LinkInput => ({
  kind: 'failed',
  fact,
})
const state = (name: LinkState['name'], failures = 0): LinkState => ({ name, failures })

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
        .constantFrom('enable', 'disable', 'connected', 'answered', 'waited', 'reset')
        .map((kind) => ({ kind }) as LinkInput),
      fc.constantFrom('communication', 'notConnected', 'plugin').map((fact) => failed(fact as 'communication')),
    )
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), fc.boolean(), (inputs, hasBreaker) => {
        let link = initialLink
        let isWaiting = false
        for (const each of inputs) {
          if (each.kind === 'waited' && !isWaiting) continue
          const { state: next, effects } = transition(link, each, hasBreaker ? withBreaker : policy)
          if (effects.length > 0) isWaiting = effects.at(-1)?.kind === 'wait'
          link = next
          expect(isWaiting).to.equal(link.name === 'Disconnected' || link.name === 'Error')
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
