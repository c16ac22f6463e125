import type { Sample, TagSample } from '../model/sample.ts'
import type { CheckedPipeline } from './checked.ts'
import { compile } from './compile.ts'
import { Deadlines } from './engine/deadlines.ts'
import { Finish } from './engine/finish.ts'
import { Inputs } from './engine/inputs.ts'
import { Mark } from './engine/mark.ts'
import type { WaveOwner } from './engine/owner.ts'
import type { Plan } from './engine/plan.ts'
import { Publication } from './engine/publication.ts'
import { Samples } from './engine/samples.ts'
import { Sequence } from './engine/sequence.ts'
import { Steps } from './engine/steps.ts'
import { Waves } from './engine/waves.ts'
import { Work } from './engine/work.ts'
import type { Execution, ExecutionHost, StepCounters, WaveResult } from './execution.ts'

/** The executions of a pipeline, which is compiled once. */
export function engineOf(checked: CheckedPipeline): (host: ExecutionHost) => Execution {
  const plan = compile(checked)
  return (host) => createExecution(plan, host)
}

/** Begins a run of a compiled pipeline: all samples wait for their first value, blocks have fresh memory, counters are zero. */
export function createExecution(plan: Plan, host: ExecutionHost): Execution {
  return new PipelineExecution(plan, host)
}

class PipelineExecution implements Execution {
  readonly #plan: Plan
  readonly #host: ExecutionHost
  readonly #samples: Samples
  readonly #steps: Steps
  readonly #work: Work
  readonly #mark: Mark
  readonly #inputs: Inputs
  readonly #publication: Publication
  readonly #owner: WaveOwner
  readonly #waves: Waves
  readonly #finish: Finish
  #sequence: Sequence | undefined
  #isClosed = false

  constructor(plan: Plan, host: ExecutionHost) {
    this.#plan = plan
    this.#host = host
    this.#samples = new Samples(plan, host.clock.now())
    const wake = (index: number) => this.#wake(index)
    this.#steps = new Steps(plan, this.#samples, { host, wake })
    this.#mark = new Mark(plan, host.watch)
    this.#work = new Work(plan, { samples: this.#samples, steps: this.#steps, host, mark: this.#mark, wake })
    this.#inputs = new Inputs(plan, this.#samples)
    this.#publication = new Publication(plan, this.#samples, host.run)
    const deadlines = new Deadlines(host.clock)
    const onProgress = () => this.#progress()
    const parts = { samples: this.#samples, steps: this.#steps, work: this.#work, mark: this.#mark }
    this.#owner = { plan, ...parts, host, deadlines, onProgress }
    this.#waves = new Waves(this.#owner)
    this.#finish = new Finish(plan, this.#samples, host)
  }

  feed(samples: readonly TagSample[]): boolean {
    const isNews = this.#inputs.feed(samples)
    this.#advance()
    return isNews
  }

  setParameter(name: string, sample: Sample): void {
    this.#inputs.setParameter(name, sample)
    this.#advance()
  }

  wave(options: {
    readonly onlyChanged: boolean
    readonly signal?: AbortSignal | undefined
  }): WaveResult | Promise<WaveResult> {
    this.#assertFree()
    if (options.signal?.aborted) return { kind: 'cancelled' }
    this.#samples.tick++
    this.#inputs.take()
    return this.#waves.run(options)
  }

  sequence({ signal }: { readonly signal: AbortSignal }): Promise<WaveResult> {
    this.#assertFree()
    this.#samples.tick++
    this.#inputs.take()
    this.#sequence = new Sequence(this.#owner)
    return this.#sequence.run(signal)
  }

  finish({ signal }: { readonly signal: AbortSignal }): Promise<WaveResult> {
    this.#inputs.take()
    return this.#finish.run(signal)
  }

  changes(): readonly TagSample[] {
    return this.#publication.changes()
  }

  dueWrites(): readonly TagSample[] {
    return this.#publication.dueWrites(this.#waves.count)
  }

  sample(tag: string): Sample | undefined {
    const slot = this.#plan.slotByTag.get(tag)
    return slot === undefined ? undefined : this.#samples.read(slot)
  }

  counters(): readonly StepCounters[] {
    return [...this.#steps.counters(), ...this.#finish.counters()]
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sequence?.close()
    this.#waves.close()
    this.#work.close()
    this.#steps.close()
    this.#mark.close()
  }

  /** A running sequence takes in at once what comes from outside; waves take it in when they start. */
  #advance(): void {
    if (!this.#sequence?.isRunning) return
    this.#samples.tick++
    this.#inputs.take()
    this.#sequence.advance()
  }

  #wake(index: number): void {
    if (this.#isClosed) return
    if (this.#sequence?.isRunning) {
      this.#sequence.wish(index)
      return
    }
    if (this.#waves.wish(index)) this.#host.onWake()
  }

  #progress(): void {
    if (!this.#host.onChanges) return
    const changes = this.#publication.changes()
    if (changes.length > 0) this.#host.onChanges(changes)
  }

  #assertFree(): void {
    if (this.#isClosed) throw new Error(`the execution of ${this.#plan.id} is closed`)
    if (this.#waves.isRunning || this.#sequence?.isRunning) {
      throw new Error(`a wave of ${this.#plan.id} is under way; waves of one execution must not overlap`)
    }
  }
}
