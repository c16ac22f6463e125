import { expect } from 'chai'
import { withDeadline } from '../../src/device/deadline.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { never } from './memory-device.ts'

const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as MillraceError,
  )

describe('withDeadline', () => {
  it('gives the result or the error of the work, and leaves no timer', async () => {
    const clock = new VirtualClock()
    const options = { clock, timeoutMs: 100, what: 'plc1.read', signals: [undefined, new AbortController().signal] }
    expect(await withDeadline(() => 5, options)).to.equal(5)
    expect((await failed(withDeadline(() => Promise.reject(new Error('noise')), options))).message).to.equal('noise')
    const thrown = withDeadline(() => {
      throw new Error('at once')
    }, options)
    expect((await failed(thrown)).message).to.equal('at once')
    expect(clock.pending).to.equal(0)
  })

  it('says what did not end, and aborts it', async () => {
    const clock = new VirtualClock()
    let given: AbortSignal | undefined
    const late = withDeadline(
      (signal) => {
        given = signal
        return never()
      },
      { clock, timeoutMs: 100, what: 'plc1.read' },
    )
    const error = failed(late)
    await clock.advance(100)
    const { code, status, message } = (await error) as MillraceError
    expect([code, status, given?.aborted]).to.deep.equal(['timed-out', Status.BadTimeout, true])
    expect(message).to.equal('plc1.read did not end within 100 ms; check the device, or raise its timeout')
  })

  it('does not begin when a signal is aborted already, and passes an operating error on', async () => {
    const clock = new VirtualClock()
    let hasBegun = false
    const begin = () => {
      hasBegun = true
    }
    const reason = new MillraceError('not-connected', 'plc1 was disconnected')
    const options = { clock, timeoutMs: 100, what: 'plc1.read' }
    expect(await failed(withDeadline(begin, { ...options, signals: [AbortSignal.abort(reason)] }))).to.equal(reason)
    const cancelled = await failed(withDeadline(begin, { ...options, signals: [AbortSignal.abort('enough')] }))
    expect([(cancelled as MillraceError).code, cancelled.cause]).to.deep.equal(['cancelled', 'enough'])
    expect([hasBegun, clock.pending]).to.deep.equal([false, 0])
  })
})
