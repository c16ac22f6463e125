import { expect } from 'chai'
import { AttributeIds } from 'node-opcua'
import { type ProgramCause, transitionFor } from '../../src/model/program.ts'
import { until } from '../kit/demo-plant.ts'
import { output, pipeline, step } from '../pipeline/kit.ts'
import type { Client } from './bench.ts'
import { type EventListener, type Heard, listen, typeId } from './event-listener.ts'
import { type RealPrograms, startPrograms } from './real-programs.ts'

/** Part 10 §4.2 and table 5.4: which state each method leads to from each state; what is not here is not allowed. */
const table = {
  Halted: { Reset: 'Ready' },
  Ready: { Start: 'Running', Halt: 'Halted' },
  Running: { Suspend: 'Suspended', Stop: 'Ready', Halt: 'Halted' },
  Suspended: { Resume: 'Running', Stop: 'Ready', Halt: 'Halted' },
} as const

/** Numbers and nodes of ProgramStateMachineType. */
const numbers = { Halted: 11, Ready: 12, Running: 13, Suspended: 14 } as const
const nodes = {
  ...{ Halted: 'ns=0;i=2406', Ready: 'ns=0;i=2400', Running: 'ns=0;i=2402', Suspended: 'ns=0;i=2404' },
  ...{ HaltedToReady: 'ns=0;i=2408', ReadyToRunning: 'ns=0;i=2410', RunningToHalted: 'ns=0;i=2412' },
  ...{ RunningToReady: 'ns=0;i=2414', RunningToSuspended: 'ns=0;i=2416', SuspendedToRunning: 'ns=0;i=2418' },
  ...{ SuspendedToHalted: 'ns=0;i=2420', SuspendedToReady: 'ns=0;i=2422', ReadyToHalted: 'ns=0;i=2424' },
} as const
const transitionNumbers: Record<string, number> = {
  ...{ HaltedToReady: 1, ReadyToRunning: 2, RunningToHalted: 3, RunningToReady: 4, RunningToSuspended: 5 },
  ...{ SuspendedToRunning: 6, SuspendedToHalted: 7, SuspendedToReady: 8, ReadyToHalted: 9 },
}

const methods = ['Start', 'Stop', 'Suspend', 'Resume', 'Halt', 'Reset'] as const
const watch = pipeline('watch', {
  trigger: { kind: 'every', periodMs: 10_000 },
  steps: [step('a', 'scale', { value: 'plc1.level' })],
  outputs: [output('x', 'a.scaled')],
})

describe('methods of a pipeline in each state (information model, table 5.4; Part 10 §4.2)', () => {
  let programs: RealPrograms
  let client: Client
  let listener: EventListener
  /** Transitions that were made so far: each comes as one event. */
  let made = 0

  before(async () => {
    programs = await startPrograms([watch])
    programs.pipelines.events$.subscribe(({ kind }) => {
      if (kind === 'programTransitioned') made++
    })
    client = await programs.bench.connect()
    listener = await listen(client, client.id('pipe/watch'), {
      ...{ type: typeId('PipelineTransitionEventType'), fields: ['FromState.Id', 'ToState.Id', 'Transition.Id'] },
    })
  })
  after(() => programs.stop())

  async function transitionEvents(): Promise<readonly Heard[]> {
    await until(`${made} transitions are heard`, () => listener.heard.length >= made)
    expect(listener.heard.length).to.equal(made)
    return listener.heard
  }

  const shown = async (member: string): Promise<unknown> => (await client.read(`pipe/watch.${member}`)).value.value

  async function executable(name: string): Promise<unknown[]> {
    const nodeId = client.id(`pipe/watch.${name}`)
    const attributes = [AttributeIds.Executable, AttributeIds.UserExecutable]
    const values = await client.session.read(attributes.map((attributeId) => ({ nodeId, attributeId })))
    return values.map(({ value }) => value.value)
  }

  async function call(name: string): Promise<string> {
    const objectId = client.id('pipe/watch')
    return (await client.session.call({ objectId, methodId: client.id(`pipe/watch.${name}`) })).statusCode.name
  }

  for (const from of ['Halted', 'Ready', 'Running', 'Suspended'] as const) {
    for (const name of methods) {
      const to = (table[from] as Partial<Record<string, keyof typeof numbers>>)[name]
      it(`${name} in ${from} ${to ? `leads to ${to}` : 'is refused with BadInvalidState'}`, async () => {
        programs.bring('watch', from)
        const known = (await transitionEvents()).length
        expect(await executable(name)).to.deep.equal([to !== undefined, to !== undefined])
        const before = [await shown('LastTransition.Number'), await shown('LastTransition.TransitionTime')]
        expect(await call(name)).to.equal(to ? 'Good' : 'BadInvalidState')
        const state = to ?? from
        expect(await shown('CurrentState')).to.have.property('text', state)
        expect(await shown('CurrentState.Number')).to.equal(numbers[state])
        expect(String(await shown('CurrentState.Id'))).to.equal(nodes[state])
        const heard = (await transitionEvents()).slice(known)
        if (!to) {
          expect([await shown('LastTransition.Number'), await shown('LastTransition.TransitionTime')]).to.deep.equal(
            before,
          )
          expect(heard).to.deep.equal([])
          return
        }
        const transition = `${from}To${to}` as keyof typeof nodes
        expect(await shown('LastTransition')).to.have.property('text', transition)
        expect(await shown('LastTransition.Number')).to.equal(transitionNumbers[transition])
        expect(String(await shown('LastTransition.Id'))).to.equal(nodes[transition])
        expect(Date.now() - ((await shown('LastTransition.TransitionTime')) as Date).getTime()).to.be.within(0, 5000)
        expect(
          heard.map((event) => ['FromState', 'ToState', 'Transition'].map((field) => String(event[`${field}.Id`]))),
        ).to.deep.equal([[nodes[from], nodes[to], nodes[transition]]])
      })
    }
  }

  it('are those of the table that decides', () => {
    for (const [from, row] of Object.entries(table)) {
      for (const name of methods) {
        const cause = name.toLowerCase() as ProgramCause
        const to = transitionFor(from as keyof typeof table, cause)?.to
        expect(to, `${name} in ${from}`).to.equal((row as Partial<Record<string, string>>)[name])
      }
    }
  })
})
