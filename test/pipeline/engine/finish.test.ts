import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import type { WaveResult } from '../../../src/pipeline/execution.ts'
import { type Bench, bench, call, device, pipeline } from './kit.ts'

describe('finally', () => {
  it('tries all steps in their order, each with its own deadline', async () => {
    const log: string[] = []
    const own: Bench = bench(
      pipeline([], {
        parameters: { where: 3 },
        finally: [
          call('hang', 'x.hang', {}, [], { timeoutMs: 200 }),
          call('bad', 'x.bad', {}, [], { retry: { attempts: 2, delayMs: 10 } }),
          call('move', 'x.move', { position: '$where' }),
        ],
      }),
      { call: device(log, () => own.clock, ['bad']) },
    )
    const note: { result?: WaveResult } = {}
    void own.execution.finish({ signal: new AbortController().signal }).then((result) => {
      note.result = result
    })
    await own.clock.advance(10_000)
    expect(log).to.deep.equal(['0 hang', '200 hang aborted', '200 bad', '1210 bad', '2210 move'])
    expect(own.calls.at(-1)?.inputs).to.deep.equal({ position: 3 })
    expect(note.result).to.include({ kind: 'failed', step: 'hang', status: Status.BadTimeout })
    expect(own.execution.counters().map(({ step, state, errorCount }) => [step, state, errorCount])).to.deep.equal([
      ['hang', 'Error', 1],
      ['bad', 'Error', 1],
      ['move', 'Completed', 0],
    ])
    expect(own.happenings.map(({ kind, step }) => `${step} ${kind}`)).to.deep.equal([
      'hang started',
      'hang failed',
      'bad started',
      'bad failed',
      'move started',
      'move completed',
    ])
  })

  it('ends without the rest when it is aborted', async () => {
    const log: string[] = []
    const own: Bench = bench(pipeline([], { finally: [call('a', 'x.a'), call('b', 'x.b')] }), {
      call: device(log, () => own.clock),
    })
    const controller = new AbortController()
    const result = own.execution.finish({ signal: controller.signal })
    await own.clock.advance(100)
    controller.abort()
    expect(await result).to.deep.equal({ kind: 'cancelled' })
    expect(log).to.deep.equal(['0 a', '100 a aborted'])
    expect(await own.execution.finish({ signal: controller.signal })).to.deep.equal({ kind: 'cancelled' })
  })
})
