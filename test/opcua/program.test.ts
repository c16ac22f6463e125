import { expect } from 'chai'
import { AttributeIds } from 'node-opcua'
import { MillraceError } from '../../src/model/errors.ts'
import { until } from '../kit/demo-plant.ts'
import { output, pipeline, step } from '../pipeline/kit.ts'
import { type Client, startBench } from './bench.ts'
import { listen, typeId } from './event-listener.ts'
import { type RealPrograms, startPrograms } from './real-programs.ts'

const steps = [step('a', 'scale', { value: 'plc1.level' })]
const outputs = [output('x', 'a.scaled')]
const watch = pipeline('watch', { name: 'Watch', trigger: { kind: 'every', periodMs: 50 }, steps, outputs })

async function call(client: Client, name: string, id = 'watch') {
  const objectId = client.id(`pipe/${id}`)
  return client.session.call({ objectId, methodId: client.id(`pipe/${id}.${name}`) })
}

describe('Program (Part 10)', () => {
  let programs: RealPrograms
  let client: Client

  beforeEach(async () => {
    programs = await startPrograms([watch])
    client = await programs.bench.connect()
  })
  afterEach(() => programs.stop())

  const shown = async (member: string): Promise<unknown> => (await client.read(`pipe/watch.${member}`)).value.value
  const status = async (member: string): Promise<string> => (await client.read(`pipe/watch.${member}`)).statusCode.name

  it('says that there was no transition yet, before the first', async () => {
    for (const member of ['', '.Id', '.Number', '.TransitionTime']) {
      expect(await status(`LastTransition${member}`), member).to.equal('BadWaitingForInitialData')
    }
    expect(await shown('CurrentState')).to.have.property('text', 'Ready')
  })

  it('has no EffectiveTransitionTime, no AvailableStates and no AvailableTransitions', async () => {
    for (const member of ['LastTransition.EffectiveTransitionTime', 'AvailableStates', 'AvailableTransitions']) {
      expect(await status(member), member).to.equal('BadNodeIdUnknown')
    }
  })

  it('makes exactly one run of many starts at once, of two clients', async () => {
    const other = await programs.bench.connect()
    const listener = await listen(client, 'i=2253', { type: typeId('PipelineStartedEventType'), fields: ['8:RunId'] })
    for (let round = 1; round <= 5; round++) {
      const results = await Promise.all([client, other, client, other].map((each) => call(each, 'Start')))
      expect(results.map(({ statusCode }) => statusCode.name).sort()).to.deep.equal([
        ...['BadInvalidState', 'BadInvalidState', 'BadInvalidState', 'Good'],
      ])
      const runIds = results.flatMap(({ outputArguments }) => (outputArguments ?? []).map(({ value }) => value))
      expect(runIds).to.deep.equal([`run${round}`])
      expect((await listener.rest(80)).map(({ RunId }) => RunId)).to.deep.equal(runIds)
      expect((await call(client, 'Stop')).statusCode.name).to.equal('Good')
    }
    await until('five runs are counted', async () => (await shown('Diagnostics.RunCount')) === 5)
  })

  it('keeps the outputs of the last run in FinalResultData', async () => {
    expect(await status('FinalResultData.x')).to.equal('BadWaitingForInitialData')
    programs.measure('level', 21)
    await call(client, 'Start')
    await call(client, 'Stop')
    const first = await client.read('pipe/watch.FinalResultData.x')
    expect([first.statusCode.name, first.value.value]).to.deep.equal(['Good', (await shown('Outputs.x')) as number])
    programs.measure('level', 42)
    await call(client, 'Start')
    expect(await shown('Outputs.x')).to.not.equal(first.value.value)
    expect(await shown('FinalResultData.x')).to.equal(first.value.value)
    await call(client, 'Halt')
    expect(await shown('FinalResultData.x')).to.equal(await shown('Outputs.x'))
  })

  it('shows its steps idle and without errors, before the first run', async () => {
    const names = ['State', 'ExecutionCount', 'ErrorCount', 'LastDuration']
    const values = await Promise.all(names.map((name) => client.read(`pipe/watch/a.${name}`)))
    expect(values.map(({ statusCode, value }) => [statusCode.name, value.value])).to.deep.equal(
      names.map(() => ['Good', 0]),
    )
    for (const name of ['QueueDepth', 'HeldBackEventCount']) expect(await shown(`Diagnostics.${name}`)).to.equal(0)
  })

  describe('ProgramDiagnostic', () => {
    const member = async (name: string): Promise<unknown> => shown(`ProgramDiagnostic.${name}`)
    const none = 'ns=0;i=0'

    it('says that nobody has called anything yet, and when the Program was created', async () => {
      expect(await member('LastMethodCall')).to.equal('')
      expect(String(await member('LastMethodSessionId'))).to.equal(none)
      expect(String(await member('CreateSessionId'))).to.equal(none)
      const created = (await member('InvocationCreationTime')) as Date
      expect(Date.now() - created.getTime()).to.be.within(0, 10_000)
    })

    it('says which session has called what, with which result', async () => {
      const other = await programs.bench.connect()
      await call(client, 'Start')
      expect(await member('LastMethodCall')).to.equal('Start')
      expect(String(await member('LastMethodSessionId'))).to.equal(client.session.sessionId.toString())
      expect(((await member('LastMethodOutputValues')) as { value: unknown }[])[0]?.value).to.equal('run1')
      expect(((await member('LastMethodOutputArguments')) as { name: string }[])[0]?.name).to.equal('RunId')
      const transitioned = (await member('LastTransitionTime')) as Date
      await call(other, 'Start')
      expect(String(await member('LastMethodSessionId'))).to.equal(other.session.sessionId.toString())
      expect(await member('LastMethodReturnStatus')).to.have.property('name', 'BadInvalidState')
      expect(await member('LastMethodOutputValues')).to.deep.equal([])
      expect(((await member('LastTransitionTime')) as Date).getTime()).to.equal(transitioned.getTime())
      await call(client, 'Suspend')
      expect(await member('LastMethodCall')).to.equal('Suspend')
      expect(await member('LastMethodReturnStatus')).to.have.property('name', 'Good')
      expect(((await member('LastMethodCallTime')) as Date).getTime()).to.be.at.least(transitioned.getTime())
    })

    it('says the same in its structure', async () => {
      await call(client, 'Start')
      const structure = (await shown('ProgramDiagnostic')) as Record<string, unknown>
      expect(structure.lastMethodCall).to.equal('Start')
      expect(String(structure.lastMethodSessionId)).to.equal(client.session.sessionId.toString())
      expect((structure.lastMethodOutputArguments as unknown[]).length).to.equal(1)
      const times = [structure.lastTransitionTime, await member('LastTransitionTime')].map((each) => Number(each))
      expect(times[0]).to.equal(times[1])
    })

    it('names no session, when the plant itself has started it', async () => {
      await call(client, 'Halt')
      await call(client, 'Reset')
      programs.pipelines.start()
      expect(await member('LastMethodCall')).to.equal('Start')
      expect(String(await member('LastMethodSessionId'))).to.equal(none)
      expect(await member('LastMethodReturnStatus')).to.have.property('name', 'Good')
    })
  })
})

describe('status codes of pipeline methods (information model, section 5.5)', () => {
  it('BadShutdown: the pipelines are stopping', async () => {
    const programs = await startPrograms([watch])
    const client = await programs.bench.connect()
    await programs.pipelines.close()
    for (const name of ['Start', 'Reset']) {
      expect((await call(client, name)).statusCode.name, name).to.equal('BadShutdown')
    }
    await programs.stop()
  })

  it('BadUserAccessDenied: the role does not allow it', async () => {
    const programs = await startPrograms([watch], { anonymous: 'observe' })
    const client = await programs.bench.connect()
    expect((await call(client, 'Start')).statusCode.name).to.equal('BadUserAccessDenied')
    const nodeId = client.id('pipe/watch.Start')
    const [all, own] = await client.session.read([
      { nodeId, attributeId: AttributeIds.Executable },
      { nodeId, attributeId: AttributeIds.UserExecutable },
    ])
    expect([all?.value.value, own?.value.value]).to.deep.equal([true, false])
    await programs.stop()
  })

  const rows = [
    ['BadNotConnected', new MillraceError('not-connected', 'plc1 is not connected')],
    ['BadInternalError', new TypeError('boom')],
  ] as const
  for (const [code, error] of rows) {
    it(`${code}: ${error.message}`, async () => {
      const bench = await startBench()
      const client = await bench.connect()
      bench.plant.start = () => Promise.reject(error)
      expect((await call(client, 'Start', 'fill')).statusCode.name).to.equal(code)
      const isLogged = bench.log.some((line) => line.includes('pipe/fill.Start failed: TypeError: boom'))
      expect(isLogged).to.equal(code === 'BadInternalError')
      await bench.stop()
    })
  }
})
