import { expect } from 'chai'
import type { ExtensionObject } from 'node-opcua'
import {
  type JobRequest,
  type JobState,
  type JobTarget,
  jobStates,
  jobStatus,
  jobTransition,
} from '../../../src/model/job.ts'
import { mixer, type RealPlant, startReal } from './real-plant.ts'

/** Methods about a job order by its id, and what each asks for. */
const methods: Readonly<Record<string, Exclude<JobRequest, 'update'>>> = {
  Start: 'start',
  RevokeStart: 'revokeStart',
  Pause: 'pause',
  Resume: 'resume',
  Stop: 'stop',
  Abort: 'abort',
  Cancel: 'cancel',
  Clear: 'clear',
}

describe('job control, each state with each method', function () {
  this.timeout(60_000)
  let plant: RealPlant
  let count = 0

  before(async () => {
    plant = await startReal()
  })
  afterEach(() => plant.clean())
  after(() => plant.scratch.stop())

  const row = async (id: string): Promise<object | undefined> => {
    const rows = (await plant.mes.read('JobOrderControl.JobOrderList')) as never as readonly {
      readonly jobOrder: { readonly jobOrderID: string }
      toJSON(): object
    }[]
    return rows.find(({ jobOrder }) => jobOrder.jobOrderID === id)?.toJSON()
  }
  const targetIs = async (id: string, target: JobTarget): Promise<void> => {
    if (target !== 'removed') return plant.stateIs(id, target)
    expect(await plant.mes.states()).not.to.have.property(id)
  }
  /** What a method answers and what has become of the order, against the table. */
  const check = async (
    state: JobState,
    request: JobRequest,
    ask: (id: string, order: ExtensionObject) => ReturnType<RealPlant['mes']['ask']>,
  ): Promise<void> => {
    const id = `${state}-${request}-${++count}`
    const order = await plant.orderIn(state, id)
    const before = await row(id)
    const { status, bits } = await ask(id, order)
    const target = jobTransition(state, request)
    expect([status, bits]).to.deep.equal(
      target === undefined ? ['Uncertain', jobStatus.invalidState] : ['Good', jobStatus.done],
    )
    if (target === undefined) expect(await row(id)).to.deep.equal(before)
    else await targetIs(id, target)
  }

  for (const state of jobStates) {
    for (const [method, request] of Object.entries(methods)) {
      it(`${state}, ${method}: ${jobTransition(state, request) ?? 'refused'}`, () =>
        check(state, request, (id) => plant.mes.ask(method, id)))
    }

    it(`${state}, Update: ${jobTransition(state, 'update') ?? 'refused'}`, () =>
      check(state, 'update', (_, order) => plant.mes.give('Update', order)))

    for (const method of ['Store', 'StoreAndStart']) {
      it(`${state}, ${method} of the same id: refused`, async () => {
        const id = `${state}-twice-${++count}`
        const order = await plant.orderIn(state, id)
        const before = await row(id)
        const { status, bits } = await plant.mes.give(method, order)
        expect([status, bits]).to.deep.equal(['Uncertain', jobStatus.notAccepted | jobStatus.duplicateJobOrder])
        expect(await row(id)).to.deep.equal(before)
      })
    }
  }

  for (const method of [...Object.keys(methods), 'Update']) {
    it(`${method} of an unknown id: refused`, async () => {
      const { mes } = plant
      const { status, bits } =
        method === 'Update' ? await mes.give(method, await mes.order('nobody', 'mix')) : await mes.ask(method, 'nobody')
      expect([status, bits]).to.deep.equal(['Uncertain', jobStatus.unknownJobOrder])
      expect(await mes.states()).to.deep.equal({})
    })
  }

  it('is about the equipment itself', () => {
    expect(plant.mes.node('')).to.match(new RegExp(`s=eq/${mixer}\\.JobManagement$`))
  })
})
