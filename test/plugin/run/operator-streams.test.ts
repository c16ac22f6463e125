import { expect } from 'chai'
import { asapScheduler, interval, map, mergeMap, type Observable, range, timer } from 'rxjs'
import { VirtualClock } from '../../../src/model/clock.ts'
import { Status } from '../../../src/model/status.ts'
import type { OperatorContext, OperatorPlugin } from '../../../src/plugin/define.ts'
import { operatorLimits } from '../../../src/plugin/run/emission-limit.ts'
import { OperatorStreams } from '../../../src/plugin/run/operator-streams.ts'

type Stream = (value: Observable<number>, context: OperatorContext) => Observable<unknown>

/** An operator with one input and one output, under virtual time. */
function use(stream: Stream) {
  const clock = new VirtualClock(0)
  const own = { lates: 0, subscribed: 0 }
  const plugin = {
    kind: 'operator',
    type: 'wild',
    stream: ({ value }: { value: Observable<number> }, _config: unknown, context: OperatorContext) => {
      own.subscribed++
      return { value: stream(value, context) }
    },
  } as unknown as OperatorPlugin
  const streams = new OperatorStreams({
    ...{ plugin, config: {}, inputs: ['value'], outputs: ['value'], clock },
    onLate: () => own.lates++,
  })
  const turn = (value: number): unknown => {
    streams.turn({ value })
    const error = streams.takeError()?.cause as (Error & { status?: number }) | undefined
    return error ? `${error.message} ${error.status}` : streams.takeEmission(0)?.value
  }
  return { clock, own, streams, turn }
}

const ended = (what: string) => `the operator wild ${what}, so it was ended ${Status.BadResourceUnavailable}`

describe('streams of an operator', () => {
  it('are ended when they emit without end in one turn, and rest before they are subscribed again', async () => {
    const { clock, own, turn } = use((value) =>
      value.pipe(mergeMap((each) => (each === 13 ? range(0, Number.MAX_SAFE_INTEGER) : [each]))),
    )
    const reason = ended(`emits more than ${operatorLimits.perTurn} times in one turn`)
    expect(turn(1)).to.equal(1)
    expect(turn(13)).to.equal(reason)
    expect([turn(1), turn(2)]).to.deep.equal([reason, reason])
    expect(own.subscribed).to.equal(1)
    await clock.advance(1000)
    expect(turn(3)).to.equal(3)
    expect(clock.pending).to.equal(0)
  })

  it('are given up when they overdo it three times in a minute, and the reason says so', async () => {
    const { clock, own, turn } = use((value) => value.pipe(mergeMap(() => range(0, Number.MAX_SAFE_INTEGER))))
    for (const wait of [1000, 2000]) {
      turn(1)
      await clock.advance(wait)
    }
    expect(turn(1)).to.match(/so it was ended; mend it, then start the pipeline again/)
    await clock.advance(3_600_000)
    expect(turn(1)).to.match(/start the pipeline again/)
    expect(own.subscribed).to.equal(3)
  })

  it('are ended when they emit in a storm between the turns', async () => {
    const { own, turn, streams } = use((value) => value.pipe(mergeMap(() => timer(0, 0, asapScheduler))))
    expect(turn(1)).to.equal(undefined)
    while (streams.isSubscribed) await new Promise((resolve) => setImmediate(resolve))
    expect(own.lates).to.equal(operatorLimits.burst + 1)
    streams.turn(undefined)
    expect(String(streams.takeError()?.cause)).to.match(/emits more than 1000 times a second/)
    expect(streams.takeEmission(0)).to.equal(undefined)
  })

  it('may emit often for ever, as long as it is not too often', async () => {
    const { clock, own, turn, streams } = use((_, { scheduler }) => interval(2, scheduler))
    turn(1)
    await clock.advance(20_000)
    expect(own.lates).to.equal(10_000)
    expect(streams.isSubscribed).to.equal(true)
    streams.close()
    expect(clock.pending).to.equal(0)
  })

  it('are ended when they subscribe to their inputs without end, and let go of all of them', async () => {
    let completed = 0
    const { clock, turn } = use((value) => {
      value.subscribe(() => value.subscribe({ complete: () => completed++ }))
      return value.pipe(map((each) => each))
    })
    const found: unknown[] = []
    for (let each = 0; each < operatorLimits.subscriptions + 10; each++) found.push(turn(each))
    expect(found[10]).to.equal(10)
    expect(found.at(-1)).to.equal(ended(`subscribes to its inputs more than ${operatorLimits.subscriptions} times`))
    expect(completed).to.be.greaterThan(operatorLimits.subscriptions - 10)
    await clock.advance(1000)
    expect(turn(7)).to.equal(7)
  })

  it('take what they have scheduled and forgotten with them when they end', async () => {
    let ran = 0
    const { clock, turn, streams } = use((value, { scheduler }) => {
      scheduler.schedule(function () {
        ran++
        this.schedule(undefined, 10)
      }, 10)
      return value
    })
    turn(1)
    await clock.advance(100)
    expect(ran).to.equal(10)
    streams.close()
    await clock.advance(100)
    expect([ran, clock.pending]).to.deep.equal([10, 0])
  })

  it('say what is missing when the operator gives something else than streams', () => {
    const { turn } = use(() => 5 as never)
    expect(turn(1)).to.match(/has no stream for its output value/)
  })
})
