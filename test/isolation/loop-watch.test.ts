import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { type BlockedLoop, LoopWatch } from '../../src/isolation/loop-watch.ts'
import type { StepWatch } from '../../src/pipeline/execution.ts'
import { bench, fn, pipeline, step } from '../pipeline/engine/kit.ts'

/** Keeps the event loop busy. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const plain = fn(({ x }: { x: number }) => ({ y: x }), 'plain')
const heavy = fn(({ x }: { x: number }) => {
  busy(x)
  return { y: x }
}, 'heavy')

describe('the watch over the event loop', () => {
  let watch: LoopWatch
  const blocked: BlockedLoop[] = []
  const stalled: number[] = []

  beforeEach(async () => {
    watch = new LoopWatch({ onBlocked: (each) => blocked.push(each), onStalled: (ms) => stalled.push(ms) })
    watch.enlist({ pipeline: 'other', steps: [], isDoubtful: true })
    await until(() => watch.isWatching)
  })
  afterEach(async () => {
    await watch.close()
    blocked.length = 0
    stalled.length = 0
  })

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const host = (): { watch: StepWatch } => ({
    watch: {
      cells: watch.cells,
      enlist: ({ pipeline, steps }) => watch.enlist({ pipeline, steps, isDoubtful: true }),
      release: (execution) => watch.release(execution),
    },
  })

  it('names the step that kept it busy, among others and in the generated code', async () => {
    const steps = [
      step('before', plain, { x: 'plc1.a' }, ['y']),
      step('slow', heavy, { x: 'before/y' }, ['y']),
      step('after', plain, { x: 'slow/y' }, ['y']),
    ]
    const own = bench(pipeline(steps), host())
    own.feed({ 'plc1.a': 700 })
    own.wave()
    await until(() => blocked.length > 0)
    expect(blocked[0]).to.deep.include({ pipeline: 'p', step: 'slow' })
    expect(blocked[0]?.durationMs).to.be.greaterThan(600)
    own.execution.close()
  })

  it('names a step that is computed one by one, and one whose code runs between the waves', async () => {
    const late = { kind: 'operator' as const, type: 'late', stream: lateBusy }
    const own = bench(pipeline([step('late', late as never, { x: 'plc1.a' }, ['y'])]), host())
    own.feed({ 'plc1.a': 1 })
    own.wave()
    await own.clock.advance(10)
    await until(() => blocked.length > 0)
    expect(blocked[0]).to.deep.include({ pipeline: 'p', step: 'late' })
    own.execution.close()
  })

  it('names nobody when no step was at work', async () => {
    busy(700)
    await until(() => stalled.length > 0)
    expect(blocked).to.deep.equal([])
  })

  it('says nothing about steps that are quick', async () => {
    const own = bench(pipeline([step('slow', heavy, { x: 'plc1.a' }, ['y'])]), host())
    for (const ms of [1, 2, 3, 4, 5]) {
      own.feed({ 'plc1.a': ms })
      own.wave()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(blocked).to.deep.equal([])
  })

  it('tells a stall also when there is no thread yet that looks', async () => {
    const alone = new LoopWatch({ onBlocked: (each) => blocked.push(each), onStalled: (ms) => stalled.push(ms) })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = stalled.length
    busy(700)
    await until(() => stalled.length > before + 1)
    await alone.close()
    expect(Math.min(...stalled)).to.be.greaterThan(200)
    expect(blocked).to.deep.equal([])
  })

  it('ends a process that hangs, where somebody starts it anew, and leaves one alone that was stopped as a whole', async () => {
    const module = JSON.stringify(join(import.meta.dirname, '../../src/isolation/loop-watch.ts'))
    const script = `
      import { LoopWatch } from ${module}
      const watch = new LoopWatch({ onBlocked() {}, onStalled() {} }, { endHungMs: 1000 })
      while (!watch.isWatching) await new Promise((resolve) => setTimeout(resolve, 10))
      process.on('SIGUSR2', () => { for (;;); })
      setInterval(() => console.log('up'), 100)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    await once(child.stdout, 'data')
    child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    child.kill('SIGCONT')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(child.signalCode).to.equal(null)
    const [ended, said] = [once(child, 'exit'), text(child.stderr)]
    child.kill('SIGUSR2')
    expect((await ended)[1]).to.equal('SIGKILL')
    expect(await said).to.include('nothing went on for 1 s')
  })

  it('says on its own which step never ends, because nobody else can', async () => {
    const module = (name: string) => JSON.stringify(join(import.meta.dirname, '../../src', name))
    const script = `
      import { LoopWatch } from ${module('isolation/loop-watch.ts')}
      const watch = new LoopWatch({ onBlocked() {}, onStalled() {} })
      const number = watch.enlist({ pipeline: 'mixing', steps: ['a', 'hang'], isDoubtful: true })
      while (!watch.isWatching) await new Promise((resolve) => setTimeout(resolve, 10))
      watch.cells[1] = number
      watch.cells[2] = 1
      for (;;);`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said = await new Promise<string>((resolve) => child.stderr.setEncoding('utf8').on('data', resolve))
    child.kill('SIGKILL')
    expect(said).to.match(
      /nothing goes on for 5 s because of step hang of pipeline mixing; .*declare its plugin isolated/,
    )
  })
})

function lateBusy(
  inputs: { readonly x: { subscribe(next: () => void): unknown } },
  _config: unknown,
  { scheduler }: { readonly scheduler: { schedule(work: () => void, delay: number): unknown } },
) {
  inputs.x.subscribe(() => scheduler.schedule(() => busy(700), 5))
  return { y: inputs.x }
}
