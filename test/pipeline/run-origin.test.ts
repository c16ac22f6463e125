import { expect } from 'chai'
import type { RunOrigin } from '../../src/model/run.ts'
import { Status } from '../../src/model/status.ts'
import { call, output, parameter, pipeline, step } from './kit.ts'
import { epoch, type Rig, rig, sampleOf } from './rig.ts'

/** Value, status and run of the samples of a tag so far. */
function rowsOf({ samples }: Rig, tag: string) {
  return samples.flatMap((each) =>
    each.tag === tag ? [[each.sample.value, each.sample.status, each.run?.runId] as const] : [],
  )
}

const waiting = [null, Status.BadWaitingForInitialData] as const
const doubtful = Status.UncertainLastUsableValue

describe('the run of a sample', () => {
  it('stands in all samples that a run computes, and tells what was started, by whom and when', async () => {
    const made = rig(
      pipeline('mix', {
        parameters: [parameter('gain')],
        steps: [step('scaled', 'scale', { value: 'plc1.level' })],
        outputs: [output('scaled', 'scaled.scaled')],
      }),
    )
    await made.clock.advance(500)
    made.pipeline.start({ initiator: 'ada', runId: 'run7' })
    made.pipeline.feed([sampleOf(made, 'plc1.level', 3)])
    const runs = new Map<RunOrigin | undefined, string[]>()
    for (const { tag, run } of made.samples) runs.set(run, [...(runs.get(run) ?? []), tag])
    const [told, computed] = [runs.get(undefined) ?? [], [...runs.keys()].filter((run) => run !== undefined)]
    expect(computed).to.deep.equal([
      { runId: 'run7', pipeline: 'mix', version: 0, initiator: 'ada', startedAt: epoch + 500 },
    ])
    expect(runs.get(computed[0])).to.include.members(['mix.scaled', 'mix/scaled.scaled', 'mix/scaled:value'])
    expect(told.filter((tag) => !/[#$]/.test(tag))).to.deep.equal([])
  })

  it('stays with a value that is doubtful, because the run has ended or is suspended', async () => {
    const made = rig(
      pipeline('mix', {
        steps: [step('scaled', 'scale', { value: 'plc1.level' })],
        outputs: [output('scaled', 'scaled.scaled')],
      }),
    )
    made.pipeline.start({ initiator: 'ada' })
    made.pipeline.feed([sampleOf(made, 'plc1.level', 3)])
    made.pipeline.stop({ initiator: 'ada' })
    await made.clock.advance(10)
    made.pipeline.start({ initiator: 'bea' })
    made.pipeline.suspend({ initiator: 'bea' })
    made.pipeline.resume({ initiator: 'bea' })
    made.pipeline.halt({ initiator: 'bea' })
    expect(rowsOf(made, 'mix.scaled')).to.deep.equal([
      [...waiting, 'run1'],
      [3, Status.Good, 'run1'],
      [3, doubtful, 'run1'],
      [3, Status.Good, 'run2'],
      [3, doubtful, 'run2'],
      [3, Status.Good, 'run2'],
      [3, doubtful, 'run2'],
    ])
  })

  it('is the one that is cleaning up, not the one that was started meanwhile', async () => {
    const ends: (() => void)[] = []
    const made = rig(
      pipeline('mix', {
        trigger: { kind: 'every', periodMs: 1000 },
        steps: [step('scaled', 'scale', { value: 'plc1.level' })],
        outputs: [output('level', 'plc1.level')],
        finally: [call('finally-0', 'plc1.move', { position: 0 })],
      }),
      { call: () => new Promise((resolve) => ends.push(() => resolve({ settledAt: 0 }))) },
    )
    made.pipeline.start({ initiator: 'ada' })
    made.pipeline.feed([sampleOf(made, 'plc1.level', 1)])
    await made.clock.advance(1000)
    // It waits for the next wave, which is never made: the final steps take it in.
    made.pipeline.feed([sampleOf(made, 'plc1.level', 2)])
    made.pipeline.halt({ initiator: 'ada' })
    made.pipeline.reset({ initiator: 'bea' })
    made.pipeline.start({ initiator: 'bea' })
    const before = made.samples.length
    ends[0]?.()
    await made.clock.advance(1)
    const late = made.samples.slice(before).filter(({ tag }) => tag === 'mix.level')
    expect(late.map(({ sample, run }) => [sample.value, sample.sourceTime, run?.initiator])).to.deep.equal([
      [2, epoch + 1000, 'ada'],
      [2, epoch + 1000, 'bea'],
    ])
    const closed = made.pipeline.close()
    ends[1]?.()
    await closed
  })
})
