import { expect } from 'chai'
import { type Bench, startBench } from '../bench.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { filler, JobPlant } from './job-plant.ts'

/** A plant whose disk answers when the test says so. */
class SlowPlant extends JobPlant {
  waiting: ((isKept: boolean) => void)[] = []

  kept(): Promise<boolean> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}

describe('the answer of job control', () => {
  const plant = new SlowPlant()
  let bench: Bench
  let mes: JobClient

  before(async () => {
    bench = await startBench({ view: plant })
    mes = await jobClient(await bench.connect(), filler)
  })
  after(() => bench.stop())

  const untilAsked = async (): Promise<(isKept: boolean) => void> => {
    while (plant.waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    return plant.waiting.shift()!
  }

  it('waits until what was done is kept, and says so when it may not be', async () => {
    for (const [isKept, status] of [
      [true, 'Good'],
      [false, 'GoodCompletesAsynchronously'],
    ] as const) {
      let isAnswered = false
      const asked = mes.give('Store', await mes.order(`kept ${isKept}`, 'fill')).finally(() => {
        isAnswered = true
      })
      const answer = await untilAsked()
      expect(plant.jobs.find(filler, `kept ${isKept}`)?.state).to.equal('NotAllowedToStart')
      expect(isAnswered).to.equal(false)
      answer(isKept)
      const { status: found, bits } = await asked
      expect([found, bits]).to.deep.equal([status, 1n])
    }
  })

  it('does not wait, when nothing was done or only asked', async () => {
    expect((await mes.ask('Pause', 'kept true')).status).to.equal('Uncertain')
    expect((await mes.responseOf('nobody')).status).to.equal('Uncertain')
    expect((await mes.responsesIn([await mes.state(5)])).status).to.equal('Good')
    expect(plant.waiting).to.have.length(0)
  })
})
