import { expect } from 'chai'
import { AttributeIds } from 'node-opcua'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { until } from '../kit/demo-plant.ts'
import { call, output, pipeline, step } from '../pipeline/kit.ts'
import type { Client } from './bench.ts'
import { type EventListener, type Heard, listen } from './event-listener.ts'
import { type RealPrograms, startPrograms } from './real-programs.ts'

const once = pipeline('once', {
  name: 'One bottle',
  trigger: { kind: 'once' },
  steps: [call('go', 'plc1.home'), step('a', 'scale', { value: 2 }, { after: ['go'] })],
  outputs: [output('x', 'a.scaled')],
})
const fields = ['8:RunId', '8:Outcome', '8:StepName', '8:FailedStep', '8:ErrorCode', 'Transition']

describe('events of a run, from the pipeline to the client', () => {
  let programs: RealPrograms
  let client: Client
  let listener: EventListener
  let fault: Error | undefined

  before(async () => {
    programs = await startPrograms([once], {
      call: async () => {
        if (fault) throw fault
        return {}
      },
    })
    client = await programs.bench.connect()
    listener = await listen(client, 'i=2253', { fields })
  })
  after(() => programs.stop())

  /** The BrowseName of an event's type; that it is abstract is an error of the server. */
  async function nameOf({ EventType }: Heard): Promise<string> {
    const nodeId = String(EventType)
    const attributes = [AttributeIds.BrowseName, AttributeIds.IsAbstract]
    const [name, isAbstract] = await client.session.read(attributes.map((attributeId) => ({ nodeId, attributeId })))
    expect(isAbstract?.value.value, name?.value.value.name).to.equal(false)
    return name?.value.value.name
  }

  /** Starts a run and gives the events of its pipeline, alarms left out, until it has ended. */
  async function run(): Promise<readonly (readonly [string, Heard])[]> {
    const from = listener.heard.length
    const objectId = client.id('pipe/once')
    const { statusCode } = await client.session.call({ objectId, methodId: client.id('pipe/once.Start') })
    expect(statusCode.name).to.equal('Good')
    await until('the run has ended', () => listener.heard.slice(from).some(({ Outcome }) => Outcome !== null))
    const heard = listener.heard.slice(from)
    const named: (readonly [string, Heard])[] = []
    for (const event of heard) named.push([await nameOf(event), event])
    return named.filter(([name]) => !name.endsWith('AlarmType'))
  }

  /** What is worth telling of an event. */
  const shown = ([name, event]: readonly [string, Heard]): string => {
    const transition = (event.Transition as { text: string } | null)?.text
    return [name.replace(/EventType$/, ''), transition ?? event.StepName].filter((each) => each !== null).join(' ')
  }

  it('come in order, the transition before what it means, all of one run', async () => {
    const heard = await run()
    expect(heard.map(shown)).to.deep.equal([
      ...['PipelineTransition ReadyToRunning', 'PipelineStarted', 'StepStarted go', 'StepCompleted go'],
      ...['StepStarted a', 'StepCompleted a', 'PipelineTransition RunningToReady', 'PipelineCompleted'],
    ])
    expect(new Set(heard.map(([, { RunId }]) => RunId))).to.deep.equal(new Set(['run1']))
    expect(heard.at(-1)?.[1].Outcome).to.equal(1)
  })

  it('name the step that failed by its node, with the status of the device', async () => {
    fault = new MillraceError('step-failed', 'axis fault', { status: Status.BadDeviceFailure })
    const heard = await run()
    expect(heard.map(shown)).to.deep.equal([
      ...['PipelineTransition ReadyToRunning', 'PipelineStarted', 'StepStarted go', 'StepError go'],
      ...['PipelineTransition RunningToHalted', 'PipelineError', 'PipelineCompleted'],
    ])
    const error = heard.find(([name]) => name === 'PipelineErrorEventType')?.[1] as Heard
    expect((error.FailedStep as { value: unknown }).value).to.equal('pipe/once/go')
    expect(error.ErrorCode).to.have.property('name', 'BadDeviceFailure')
    expect(error.Message).to.have.property('text', 'One bottle failed at step go: axis fault')
    expect(heard.at(-1)?.[1].Outcome).to.equal(4)
    await until('the error is counted', async () => (await client.read('pipe/once/go.ErrorCount')).value.value === 1)
    const { value } = await client.read('pipe/once/go.State')
    expect(value.value).to.equal(3)
  })
})
