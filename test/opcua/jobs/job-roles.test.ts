import { expect } from 'chai'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { mixer, type RealPlant, startReal } from './real-plant.ts'

const byId = ['Start', 'RevokeStart', 'Pause', 'Resume', 'Stop', 'Cancel'] as const
const restricted = ['Abort', 'Clear'] as const

describe('roles in job control (information-model 5.8)', function () {
  this.timeout(60_000)
  let plant: RealPlant

  before(async () => {
    plant = await startReal()
    await plant.orderIn('Ended', 'known')
  })
  after(() => plant.scratch.stop())

  const as = async (role?: RoleName): Promise<JobClient> => jobClient(await plant.scratch.connect(role), mixer)

  for (const [role, mayControl, mayAbort] of [
    [undefined, false, false],
    ['Observer', false, false],
    ['Operator', true, false],
    ['Supervisor', true, true],
    ['Engineer', true, true],
    ['ConfigureAdmin', true, true],
  ] as const) {
    it(`lets ${role ?? 'somebody without a login who may look'} ${mayControl ? 'control' : 'not control'} job orders${mayAbort ? ', abort and clear them' : ''}, and see all`, async () => {
      const mes = await as(role)
      const before = await mes.states()
      const order = await mes.order('x', 'nobody')
      for (const method of ['Store', 'StoreAndStart', 'Update']) {
        const { status } = await mes.give(method, order)
        expect(status, method).to.equal(mayControl ? 'Uncertain' : 'BadUserAccessDenied')
      }
      for (const method of byId) {
        expect((await mes.ask(method, 'nobody')).status, method).to.equal(
          mayControl ? 'Uncertain' : 'BadUserAccessDenied',
        )
      }
      for (const method of restricted) {
        expect((await mes.ask(method, 'nobody')).status, method).to.equal(
          mayAbort ? 'Uncertain' : 'BadUserAccessDenied',
        )
      }
      expect((await mes.responseOf('known')).status).to.equal('Good')
      expect((await mes.responsesIn([await mes.state(5)])).status).to.equal('Good')
      expect(await mes.states()).to.deep.equal(before)
    })
  }

  it('names the user in the reason, when there is no comment', async () => {
    const mes = await as('Operator')
    await mes.give('StoreAndStart', await mes.order('by operator', 'mix'))
    await plant.stateIs('by operator', 'Running')
    expect((await mes.ask('Stop', 'by operator')).bits).to.equal(1n)
    await plant.stateIs('by operator', 'Ended')
    const response = (await mes.responseOf('by operator')).first as {
      readonly jobResponseData: readonly {
        readonly ID: string
        readonly value: { readonly value: readonly { text: string }[] }
      }[]
    }
    const reason = response.jobResponseData.find(({ ID }) => ID === 'ReasonForStateChange')
    expect(reason?.value.value[0]?.text).to.include('Operator')
  })
})
