import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { expect } from 'chai'
import { IsolatedPlugins, type IsolatedStep } from '../../src/isolation/isolated-plugins.ts'
import type { SentLate } from '../../src/isolation/message.ts'
import type { Clock } from '../../src/model/clock.ts'
import { systemClock } from '../../src/model/clock.ts'
import { isMillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { type Catalogue, loadCatalogue } from '../../src/plugin/catalogue.ts'
import { moduleOf } from '../../src/plugin/module-of.ts'
import { temporaryFolders } from '../plugin/folder.ts'
import { moduleTexts } from './plugin-texts.ts'

const { folderWith, removeFolders } = temporaryFolders()
const nothing = join(import.meta.dirname, 'no-such-folder')

/** The machine's clock, on which the delays before a thread is started again pass quickly. */
const hasty: Clock = {
  ...systemClock,
  after: (delayMs, callback) =>
    systemClock.after(delayMs >= 1000 && delayMs <= 2000 ? delayMs / 20 : delayMs, callback),
}

/** One isolated step whose thread is ready, and what it was told. */
interface Stand {
  readonly isolation: IsolatedPlugins
  readonly step: IsolatedStep
  readonly late: SentLate[]
  readonly again: (config?: object) => IsolatedStep
  readonly ready: () => Promise<void>
  readonly ask: (value: number) => Promise<unknown>
}

describe('isolated plugins', () => {
  let catalogue: Catalogue
  const stands: IsolatedPlugins[] = []

  before(async () => {
    const files = Object.entries(moduleTexts).map(([name, text]) => [`plugins/${name}`, text])
    const loaded = await loadCatalogue({ builtIn: nothing, plantFolder: folderWith(Object.fromEntries(files)) })
    expect(loaded.findings).to.deep.equal([])
    catalogue = loaded.catalogue
  })
  afterEach(() => Promise.all(stands.splice(0).map((each) => each.close())))
  after(removeFolders)

  async function stand(type: string, config: object = {}, deadlineMs?: number): Promise<Stand> {
    const plugin = catalogue.step(type)!
    const isolation = new IsolatedPlugins({ clock: hasty, log: { debug() {} }, moduleOf })
    stands.push(isolation)
    const late: SentLate[] = []
    let wake = (): void => {}
    const open = (own: object) =>
      isolation.open({
        plugin,
        config: { ...own },
        owner: 'p/s',
        inputs: Object.keys(plugin.inputs),
        outputs: Object.keys(plugin.outputs),
        deadlineMs,
        onReady: () => wake(),
        onLate: (told) => late.push(told),
      })
    const step = open(config)
    const ready = () =>
      new Promise<void>((resolve) => {
        wake = resolve
      })
    await ready()
    const ask = (value: number) => step.turn({ inputs: { value } }).then(({ outputs }) => outputs)
    return { isolation, step, late, ready, ask, again: (own = config) => open(own) }
  }

  async function reasonOf(
    work: Promise<unknown>,
  ): Promise<{ message: string; status: number | undefined; code: string }> {
    try {
      await work
    } catch (error) {
      const { message, status } = error as Error & { status?: number }
      return { message, status, code: isMillraceError(error) ? error.code : 'thrown' }
    }
    throw new Error('it did not fail')
  }

  it('hand values of every type over and back', async () => {
    const { step } = await stand('all-types')
    const inputs = {
      ...{ big: 2n ** 63n - 1n, time: new Date(5), bytes: Uint8Array.of(1, 2, 3), text: 'ä\u0000' },
      ...{ list: [1.5, Number.MIN_VALUE, -0], isOn: true },
    }
    const { outputs } = await step.turn({ inputs })
    expect(outputs).to.deep.equal({ ...inputs, bytes: Uint8Array.of(2, 3) })
    expect((outputs!.bytes as Uint8Array).buffer.byteLength).to.equal(2)
  })

  it('are ready later, and compute what was asked before that', async () => {
    const { again, isolation } = await stand('hang')
    await isolation.close()
    const step = again()
    expect(step.isReady).to.equal(false)
    expect(await step.turn({ inputs: { value: 4 } })).to.deep.include({ outputs: { value: 4 } })
    expect(step.isReady).to.equal(true)
  })

  it('are ended at their deadline, name the step to blame, and are started again after a second', async () => {
    const { step, ask, ready } = await stand('hang')
    expect(await ask(1)).to.deep.equal({ value: 1 })
    const [late, innocent] = await Promise.all([reasonOf(ask(13)), reasonOf(ask(2))])
    expect(late).to.deep.equal({
      code: 'timed-out',
      status: Status.BadTimeout,
      message: 'the thread of hang.ts did not answer p/s within 300 ms',
    })
    expect(innocent).to.deep.equal(late)
    // While there is no thread nobody has to wait, and the reason is the same.
    expect(step.isReady).to.equal(true)
    expect(() => step.turn({ inputs: { value: 1 } })).to.throw(late.message)
    await ready()
    expect(await ask(3)).to.deep.equal({ value: 3 })
    expect(step.beginnings).to.equal(1)
  })

  it('take the timeout of the step for their deadline', async () => {
    const { ask } = await stand('hang', {}, 120)
    expect((await reasonOf(ask(13))).message).to.match(/within 120 ms/)
  })

  it('are faulted at the third failure in a minute, until somebody forgives', async () => {
    const { step, ask, ready, isolation } = await stand('hang', {}, 50)
    for (const _ of [1, 2]) {
      await reasonOf(ask(13))
      await ready()
    }
    await reasonOf(ask(13))
    const fault = await reasonOf(Promise.resolve().then(() => ask(1)))
    expect(fault).to.deep.include({ code: 'plugin-faulted', status: Status.BadTimeout })
    expect(fault.message).to.match(/faulted after 3 failures in 60 s: .*within 50 ms; mend it, then reset/)
    isolation.forgive([catalogue.step('leak')!])
    expect(() => step.turn({ inputs: { value: 1 } })).to.throw('faulted')
    isolation.forgive([catalogue.step('hang')!])
    await ready()
    expect(await ask(1)).to.deep.equal({ value: 1 })
  })

  for (const what of ['objects', 'map', 'buffers']) {
    it(`are ended at their limit of memory, also of ${what}`, async () => {
      const { ask, ready } = await stand('leak', { what })
      let reason = { code: '', status: undefined as number | undefined, message: '' }
      for (let turn = 0; reason.code === '' && turn < 200; turn++) {
        reason = await reasonOf(
          Promise.resolve()
            .then(() => ask(13))
            .then(() => new Promise((resolve) => setTimeout(resolve, 20))),
        ).catch(() => reason)
      }
      expect(reason).to.deep.equal({
        code: 'plugin-ended',
        status: Status.BadOutOfMemory,
        message: 'the thread of leak.ts used more than 32 MiB of memory',
      })
      await ready()
      expect(await ask(1)).to.deep.equal({ value: 1 })
    })
  }

  it('have their own limit of memory, whatever the program was started with', async () => {
    // As NODE_OPTIONS=--max-old-space-size=2048 does.
    setFlagsFromString('--max-old-space-size=2048')
    const { ask } = await stand('bounds')
    const { value } = (await ask(1)) as { readonly value: number }
    expect(value / 1024 / 1024).to.be.within(32, 50)
  })

  for (const [how, says, status] of [
    ['exit', /ended by itself with exit code 3/, Status.BadInternalError],
    ['later', /crashed: too late/, Status.BadInternalError],
  ] as const) {
    it(`lose their thread and nothing else, when they ${how}`, async () => {
      const { ask, ready } = await stand('crash', { how })
      const reason = await reasonOf(ask(13))
      expect(reason).to.deep.include({ code: 'plugin-ended', status })
      expect(reason.message).to.match(says)
      await ready()
      expect(await ask(1)).to.deep.equal({ value: 1 })
    })
  }

  for (const [how, says, status] of [
    ['throw', /^unlucky$/, Status.BadSensorFailure],
    ['rubbish', /it gave 5 in place of an object/, undefined],
    ['uncloneable', /cannot leave its thread/, undefined],
    ['never', /did not answer p\/s within 500 ms/, Status.BadTimeout],
  ] as const) {
    it(`keep their thread, when one turn goes wrong: ${how}`, async () => {
      const { step, ask } = await stand('crash', { how })
      const [reason, good] = await Promise.all([reasonOf(ask(13)), ask(1)])
      expect(reason.message).to.match(says)
      expect(reason.status).to.equal(status)
      expect(good).to.deep.equal({ value: 1 })
      expect(step.beginnings).to.equal(0)
    })
  }

  it('refuse at once what cannot go into the thread', async () => {
    const { step } = await stand('hang')
    expect(() => step.turn({ inputs: { value: () => 1 } })).to.throw(/could not be cloned/)
    expect(await step.turn({ inputs: { value: 1 } })).to.deep.include({ outputs: { value: 1 } })
  })

  it('remember for each step apart, and begin anew in the next thread', async () => {
    const { step, again, ready } = await stand('count')
    const other = again()
    const turn = async (one: IsolatedStep, value: number) =>
      (await one.turn({ inputs: { value }, moment: { time: 0, elapsed: 0.5, isFirst: false } })).outputs
    expect([await turn(step, 1), await turn(step, 1), await turn(other, 1)]).to.deep.equal([
      { count: 1, elapsed: 0.5 },
      { count: 2, elapsed: 0.5 },
      { count: 1, elapsed: 0.5 },
    ])
    expect((await step.turn({ inputs: { value: 7 }, moment: undefined })).wakeIn).to.equal(0.05)
    await reasonOf(turn(step, 13))
    await ready()
    expect(await turn(other, 1)).to.deep.include({ count: 1 })
    expect([step.beginnings, other.beginnings, again().beginnings]).to.deep.equal([1, 1, 0])
  })

  it('emit within a turn and later, one batch until it was taken', async () => {
    const { step: twice, again, late } = await stand('storm', { how: 'double' })
    expect(await twice.turn({ inputs: { value: 4 } })).to.deep.equal({
      emissions: { value: { value: 8, time: undefined } },
    })
    const later = again({ how: 'later' })
    expect(await later.turn({ inputs: { value: 1 } })).to.deep.equal({ emissions: {} })
    await until(() => late.length === 1)
    expect(late[0]?.emissions.value?.value).to.equal(1)
    expect(late[0]?.emissions.value?.time).to.be.closeTo(Date.now(), 5000)
    for (const value of [2, 3, 4]) await later.turn({ inputs: { value } })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(late).to.have.length(1)
    later.acknowledge()
    await until(() => late.length === 2)
    expect(late[1]?.emissions.value?.value).to.equal(4)
  })

  it('tell late errors of their streams in the turn that follows', async () => {
    const { step, late } = await stand('storm', { how: 'fails' })
    await step.turn({ inputs: { value: 1 } })
    await until(() => late.length === 1)
    expect(late[0]?.isBroken).to.equal(true)
    expect((await reasonOf(step.turn({ inputs: undefined }))).message).to.equal('fell over')
    expect(await step.turn({ inputs: { value: 2 } })).to.deep.include({
      emissions: { value: { value: 2, time: undefined } },
    })
  })

  it('end streams that emit in a storm, with the thread unharmed', async () => {
    const { step, late } = await stand('storm', { how: 'burst' })
    await step.turn({ inputs: { value: 1 } })
    await until(() => {
      step.acknowledge()
      return late.some(({ isBroken }) => isBroken)
    })
    expect(late.length).to.be.lessThan(1000)
    const reason = await reasonOf(step.turn({ inputs: undefined }))
    expect(reason.message).to.match(/storm emits more than 1000 times a second, so it was ended/)
    expect(reason.status).to.equal(Status.BadResourceUnavailable)
    expect(step.beginnings).to.equal(0)
  })

  it('are ended by their deadline, when they emit without end in one turn', async () => {
    const { step } = await stand('storm', { how: 'endless' })
    expect((await reasonOf(step.turn({ inputs: { value: 1 } }))).code).to.equal('timed-out')
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
