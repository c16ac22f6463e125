import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import { good, type TagSample } from '../../src/model/sample.ts'
import type { Value } from '../../src/model/value.ts'
import type { Execution, ExecutionHost, WaveResult } from '../../src/pipeline/execution.ts'
import { Pipeline, type PipelineHost } from '../../src/pipeline/pipeline.ts'
import { check } from './kit.ts'

/** Noon of 22 November 2026, UTC. */
export const epoch = Date.UTC(2026, 10, 22, 12)

/** An execution whose waves end when the test says so. */
export class HeldExecution implements Execution {
  readonly host: ExecutionHost
  readonly log: string[]
  /** Ends the wave, sequence or finally that is under way. */
  settle: (result?: WaveResult) => void = () => {}
  readonly isAsync: boolean
  /** What a synchronous wave returns. */
  next: WaveResult = { kind: 'completed' }
  /** Device writes that the next wave finds due. */
  due: TagSample[] = []
  isClosed = false

  constructor(host: ExecutionHost, log: string[], isAsync: boolean) {
    this.host = host
    this.log = log
    this.isAsync = isAsync
  }

  feed(samples: readonly TagSample[]): boolean {
    for (const { tag, sample } of samples) this.log.push(`feed ${tag}=${sample.value}`)
    return samples.length > 0
  }

  setParameter(name: string, { value }: { value: Value }): void {
    this.log.push(`set ${name}=${value}`)
  }

  wave({
    onlyChanged,
    signal,
  }: {
    onlyChanged: boolean
    signal?: AbortSignal | undefined
  }): WaveResult | Promise<WaveResult> {
    this.log.push(onlyChanged ? 'wave of changes' : 'wave')
    return this.isAsync ? this.#held('wave', signal) : this.next
  }

  sequence({ signal }: { signal: AbortSignal }): Promise<WaveResult> {
    this.log.push('sequence')
    return this.#held('sequence', signal)
  }

  finish({ signal }: { signal: AbortSignal }): Promise<WaveResult> {
    this.log.push('finally')
    return this.isAsync ? this.#held('finally', signal) : Promise.resolve({ kind: 'completed' })
  }

  changes(): readonly TagSample[] {
    return []
  }

  dueWrites(): readonly TagSample[] {
    return this.due.splice(0)
  }

  sample(): undefined {
    return undefined
  }

  counters(): [] {
    return []
  }

  close(): void {
    this.isClosed = true
    this.log.push('close')
  }

  #held(what: string, signal: AbortSignal | undefined): Promise<WaveResult> {
    return new Promise((resolve) => {
      const end = (result: WaveResult): void => {
        this.log.push(`${what} ${result.kind}`)
        this.settle = () => {}
        resolve(result)
      }
      this.settle = (result = { kind: 'completed' }) => end(result)
      signal?.addEventListener('abort', () => end({ kind: 'cancelled' }), { once: true })
    })
  }
}

/** A pipeline under a virtual clock, with everything that it told. */
export interface Rig {
  readonly clock: VirtualClock
  readonly pipeline: Pipeline
  readonly events: PlantEvent[]
  readonly samples: TagSample[]
  readonly writes: TagSample[]
  readonly calls: string[]
  readonly log: string[]
  /** The newest execution, when the test holds them. */
  readonly execution: () => HeldExecution
  /** Kinds of the events so far, transitions by their name; empties the list. */
  readonly told: () => string[]
  /** Values and statuses of a tag so far. */
  readonly valuesOf: (tag: string) => Value[]
}

/** Checks a definition and makes a pipeline of it, with the engine or with executions that the test holds. */
export function rig(
  definition: PipelineDefinition,
  options: { held?: 'sync' | 'async'; call?: PipelineHost['call'] } = {},
): Rig {
  const { pipelines, findings } = check(definition)
  const [checked] = pipelines
  if (!checked) throw new Error(findings.map(({ message }) => message).join('; '))
  const clock = new VirtualClock(epoch)
  const log: string[] = []
  const calls: string[] = []
  const writes: TagSample[] = []
  const executions: HeldExecution[] = []
  let runs = 0
  const pipeline = new Pipeline(checked, {
    clock,
    call: async (request, pipeline) => {
      calls.push(`${request.device}.${request.method} ${JSON.stringify(request.inputs)}`)
      return options.call ? options.call(request, pipeline) : { settledAt: 0 }
    },
    write: (samples) => writes.push(...samples),
    runId: () => `run${++runs}`,
    ...(options.held
      ? {
          createExecution: (host: ExecutionHost) => {
            const execution = new HeldExecution(host, log, options.held === 'async')
            executions.push(execution)
            return execution
          },
        }
      : {}),
  })
  const events: PlantEvent[] = []
  const samples: TagSample[] = []
  pipeline.events$.subscribe((event) => events.push(event))
  pipeline.samples$.subscribe((batch) => samples.push(...batch))
  return {
    clock,
    pipeline,
    events,
    samples,
    writes,
    calls,
    log,
    execution: () => executions.at(-1) as HeldExecution,
    told: () => events.splice(0).map((event) => (event.kind === 'programTransitioned' ? event.transition : event.kind)),
    valuesOf: (tag) => samples.filter((each) => each.tag === tag).map(({ sample }) => sample.value),
  }
}

/** A Good sample of a tag now. */
export function sampleOf({ clock }: Pick<Rig, 'clock'>, tag: string, value: Value): TagSample {
  return { tag, sample: good(value, clock.now()) }
}
