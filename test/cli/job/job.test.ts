import { expect } from 'chai'
import { until } from '../../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../../kit/scratch-plant.ts'
import { recorded } from '../recorded-terminal.ts'

const files = {
  'plant.yaml': `
plant: acme
equipment:
  Acme: { level: Enterprise }
  Acme/Mixer: { level: WorkUnit }
  Acme/Oven: { level: WorkUnit }
`,
  'pipelines/mix.yaml': `
pipeline: mix
name: Mix a batch
equipment: Acme/Mixer
run: once
parameters:
  volume: { type: Double, unit: l, min: 0, max: 50, default: 10, description: Volume of a batch. }
  label: { type: String, default: none }
steps:
  twice: { function: MUL, in: { a: $volume, b: 2 } }
outputs: { twice: { from: twice.result } }
`,
  'pipelines/bake.yaml': `
pipeline: bake
equipment: Acme/Oven
run: { every: 50ms }
start: manual
steps:
  sum: { function: ADD, in: { a: 1, b: 2 } }
outputs: { sum: { from: sum.result } }
`,
}

describe('millrace job', function () {
  this.timeout(120_000)
  let scratch: ScratchPlant
  before(async () => {
    scratch = await startScratch(files, { watchCertificates: true })
  })
  after(() => scratch.stop())

  const job = (args: readonly string[], user = 'Supervisor') =>
    recorded(['job', ...args], {
      MILLRACE_URL: scratch.plant.urls[0]!,
      MILLRACE_CERTIFICATES: scratch.certificatesFolder,
      MILLRACE_USER: user,
      MILLRACE_PASSWORD: user,
    })
  const json = async (args: readonly string[]) => {
    const { code, out, err } = await job([...args, '--json'])
    expect({ code, err }, err).to.deep.equal({ code: 0, err: '' })
    return JSON.parse(out)
  }
  const stateOf = async (id: string, unit: string): Promise<string> => (await json(['show', id, '--unit', unit])).state

  it('tells what can be ordered', async () => {
    const { code, out } = await job(['work-masters'])
    expect(code).to.equal(0)
    expect(out).to.include('mix of Acme/Mixer: Mix a batch').and.include('bake of Acme/Oven')
    expect(out).to.match(/^ {2}volume {5}10 l {5}.*0 to 50 l/m)
    const [mixer] = await json(['work-masters', '--unit', 'Mixer'])
    expect(mixer.parameters[0]).to.deep.include({ name: 'volume', type: 'Double', value: 10, unit: 'l' })
  })

  it('orders a run and tells what came of it', async () => {
    const args = ['store-and-start', 'mix', '--id', 'WO-1', '--set', 'volume=3000 ml', '--set', 'label=ü & 漢']
    const stored = await job([...args, '--priority', '7', '--comment', 'for order 4711'])
    expect(stored.err).to.equal('')
    expect(stored.out).to.match(/^WO-1 of Acme\/Mixer is (AllowedToStart|Running|Ended)\n$/)
    await until('it has ended', async () => (await stateOf('WO-1', 'Mixer')) === 'Ended')
    const shown = await json(['show', 'WO-1', '--unit', 'Acme/Mixer'])
    expect(shown).to.deep.include({ id: 'WO-1', unit: 'Acme/Mixer', pipeline: 'mix', state: 'Ended', priority: 7 })
    expect(
      shown.parameters.map(({ name, value, unit }: { name: string; value: unknown; unit?: string }) => [
        name,
        value,
        unit,
      ]),
    ).to.deep.equal([
      ['volume', 3000, 'ml'],
      ['label', 'ü & 漢', undefined],
    ])
    expect(shown.response).to.deep.include({ id: 'WO-1', state: 'Ended', result: 'Successful' })
    expect(shown.response.outputs).to.have.length(1)
    expect(shown.response.outputs[0]).to.deep.include({ name: 'twice', value: 6 })
    const { out } = await job(['show', 'WO-1', '--unit', 'Mixer'])
    expect(out)
      .to.match(/^volume +3000 ml$/m)
      .and.match(/^result +Successful$/m)
      .and.match(/^twice +6$/m)
    const results = await job(['results', '--unit', 'Mixer'])
    expect(results.out).to.match(/^WO-1 +Acme\/Mixer +Ended +Successful .*twice=6/m)
    const runs = await recorded(['runs', scratch.folder, '--data', `${scratch.folder}/../data`, '--json'])
    expect(JSON.parse(runs.out)[0].runId ?? JSON.parse(runs.out)[0].id).to.equal(shown.response.run)
  })

  it('stores, changes, starts and revokes, and lists all of it', async () => {
    const stored = await json(['store', 'mix', '--id', 'WO-2', '--start-time', '+2h'])
    expect(stored).to.deep.equal({ id: 'WO-2', unit: 'Acme/Mixer', done: 'store', state: 'NotAllowedToStart' })
    const made = await json(['store', 'mix'])
    expect(made.id).to.match(/^[0-9a-f-]{36}$/)
    await json(['update', 'WO-2', '--unit', 'Mixer', '--set', 'volume=5', '--priority', '-3'])
    const [order] = (await json(['list', '--unit', 'Mixer'])).filter(({ id }: { id: string }) => id === 'WO-2')
    expect(order).to.deep.include({ id: 'WO-2', pipeline: 'mix', priority: -3, state: 'NotAllowedToStart' })
    expect(order.parameters[0]).to.deep.include({ name: 'volume', value: 5 })
    expect(Date.parse(order.startTime)).to.be.greaterThan(Date.now())
    expect(await json(['start', 'WO-2', '--unit', 'Mixer'])).to.deep.include({ state: 'AllowedToStart' })
    expect(await json(['revoke', 'WO-2', '--unit', 'Mixer'])).to.deep.include({ state: 'NotAllowedToStart' })
    const listed = await job(['list', '--state', 'NotAllowedToStart', 'Ended'])
    expect(listed.out).to.match(/^id +unit +pipeline +state +priority/)
    expect(listed.out).to.match(
      /^WO-2 +Acme\/Mixer +mix +NotAllowedToStart +-3 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +volume=5/m,
    )
    expect(listed.out).to.match(/^WO-1 .*Ended/m)
    expect(await json(['list', '--state', 'Aborted'])).to.deep.equal([])
    expect(await json(['cancel', 'WO-2', '--unit', 'Mixer'])).to.deep.include({ state: null })
  })

  it('pauses, resumes, stops, aborts and clears what runs', async () => {
    await json(['store', 'bake', '--start', '--id', 'B-1'])
    await until('it runs', async () => (await stateOf('B-1', 'Oven')) === 'Running')
    expect((await json(['pause', 'B-1', '--unit', 'Oven'])).state).to.equal('Interrupted')
    await json(['resume', 'B-1', '--unit', 'Oven'])
    await until('it runs again', async () => (await stateOf('B-1', 'Oven')) === 'Running')
    await json(['stop', 'B-1', '--unit', 'Oven', '--comment', 'enough'])
    await until('it has ended', async () => (await stateOf('B-1', 'Oven')) === 'Ended')
    expect((await json(['show', 'B-1', '--unit', 'Oven'])).response.reason).to.include('enough')
    await json(['store-and-start', 'bake', '--id', 'B-2'])
    await until('the next one runs', async () => (await stateOf('B-2', 'Oven')) === 'Running')
    expect((await json(['abort', 'B-2', '--unit', 'Oven'])).state).to.equal('Aborted')
    expect(await json(['clear', 'B-1', '--unit', 'Oven'])).to.deep.include({ state: null })
    expect((await json(['list', '--unit', 'Oven'])).map(({ id }: { id: string }) => id)).to.deep.equal(['B-2'])
  })

  for (const [args, says] of [
    [['store', 'mix', '--id', 'WO-1'], 'there is a job order with this id'],
    [['store', 'mix', '--id', 'WO-9', '--set', 'volume=51'], 'outside its limits'],
    [['store', 'mix', '--id', 'WO-9', '--set', 'volume=5 kg'], 'cannot be converted'],
    [['stop', 'WO-0', '--unit', 'Mixer'], 'there is no such job order'],
    [['pause', 'WO-1', '--unit', 'Mixer'], 'it is Ended, which allows clear'],
    [['show', 'WO-0', '--unit', 'Mixer'], 'has no job order WO-0'],
  ] as const) {
    it(`tells why the server refuses, with exit code 1: ${args.join(' ')}`, async () => {
      const { code, out, err } = await job(args)
      expect({ code, out }, err).to.deep.equal({ code: 1, out: '' })
      expect(err)
        .to.match(/^error: job-refused /)
        .and.include(says)
        .and.include('remedy: ')
    })
  }

  for (const [args, says] of [
    [['store', 'mxi'], 'did you mean mix?'],
    [['stop', 'WO-1'], 'there are several units'],
    [['stop', 'WO-1', '--unit', 'Mixr'], 'did you mean Mixer?'],
    [['store', 'mix', '--set', 'volumes=1'], 'did you mean volume?'],
    [['store', 'mix', '--priority', '40000'], 'from -32768 to 32767'],
    [['store', 'mix', '--start-time', 'soon'], '--start-time soon is no time'],
    [['list', '--state', 'Done'], 'Allowed choices are'],
    [['list', '--url', 'plc:4840'], 'opc.tcp://host:4840'],
    [['start'], 'missing required argument'],
  ] as const) {
    it(`tells wrong usage with exit code 2: ${args.join(' ')}`, async () => {
      const { code, out, err } = await job(args)
      expect(err).to.include(says)
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    })
  }

  it('tells who may not do what', async () => {
    const observer = await job(['start', 'WO-1', '--unit', 'Mixer'], 'Observer')
    expect(observer.code).to.equal(1)
    expect(observer.err).to.match(/^error: permission-missing Observer may not do this/)
    expect((await job(['list'], 'Observer')).code).to.equal(0)
    const nobody = await recorded(['job', 'list', '--url', scratch.plant.urls[0]!], {
      MILLRACE_CERTIFICATES: scratch.certificatesFolder,
    })
    expect(nobody.code).to.equal(1)
    expect(nobody.err).to.include('another login is needed')
  })
})
