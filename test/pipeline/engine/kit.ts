import { VirtualClock } from '../../../src/model/clock.ts'
import type {
  OnError,
  ParameterDefinition,
  PipelineDefinition,
  RetryDefinition,
  Trigger,
} from '../../../src/model/definition.ts'
import type { Port } from '../../../src/model/port.ts'
import type { Sample, TagSample } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import type { DataType, Value } from '../../../src/model/value.ts'
import type {
  CheckedFunctionStep,
  CheckedMethodStep,
  CheckedPipeline,
  CheckedSource,
  CheckedStep,
  CheckedUntil,
} from '../../../src/pipeline/checked.ts'
import { compile } from '../../../src/pipeline/compile.ts'
import type { Execution, ExecutionHost, StepHappening, WaveResult } from '../../../src/pipeline/execution.ts'
import { createExecution } from '../../../src/pipeline/wave.ts'
import type { StepPlugin } from '../../../src/plugin/define.ts'

/** A port; a number without unit unless said otherwise. */
export function port(name: string, rest: Partial<Port> = {}): Port {
  return { name, dataType: 'Double' as DataType, isArray: false, description: '', ...rest }
}

/** `plc1.a` is an external tag, `step/port` a step's output, `$name` a parameter, anything else a literal. */
export type From = string | number | boolean | CheckedSource

function sourceOf(from: From): CheckedSource {
  if (typeof from === 'object') return from
  if (typeof from !== 'string') return { kind: 'literal', value: from }
  if (from.startsWith('$')) return { kind: 'parameter', name: from.slice(1) }
  const [step, output] = from.split('/')
  if (step !== undefined && output !== undefined) return { kind: 'step', step, port: output }
  return { kind: 'external', tag: from }
}

interface StepOptions {
  readonly ports?: Readonly<Record<string, Partial<Port>>>
  readonly after?: readonly string[]
  readonly until?: readonly CheckedUntil[]
  readonly timeoutMs?: number
  readonly retry?: Partial<RetryDefinition>
  readonly onError?: OnError
  readonly config?: Readonly<Record<string, unknown>>
}

function shared(id: string, inputs: Readonly<Record<string, From>>, outputs: readonly string[], options: StepOptions) {
  const { ports = {}, after = [], until = [], timeoutMs, retry, onError = { kind: 'bad' } } = options
  return {
    base: {
      id,
      inputs: Object.entries(inputs).map(([name, from]) => ({ port: port(name, ports[name]), source: sourceOf(from) })),
      outputs: outputs.map((name) => port(name, ports[name])),
      until,
      after,
    },
    policies: {
      id,
      description: '',
      in: {},
      after,
      until: [],
      timeoutMs,
      retry: retry && { attempts: 3, delayMs: 100, factor: 2, jitter: 0, maxDelayMs: 10_000, ...retry },
      onError,
    },
  }
}

/** A checked step that computes. */
export function step(
  id: string,
  plugin: Omit<StepPlugin, 'description' | 'inputs' | 'outputs'>,
  inputs: Readonly<Record<string, From>>,
  outputs: readonly string[],
  options: StepOptions = {},
): CheckedFunctionStep {
  const { base, policies } = shared(id, inputs, outputs, options)
  const { config = {} } = options
  const definition = { ...policies, kind: 'function' as const, function: plugin.type, config }
  return { ...base, kind: 'function', definition, plugin: plugin as StepPlugin, config }
}

/** A checked step that calls a device method. */
export function call(
  id: string,
  target: string,
  inputs: Readonly<Record<string, From>> = {},
  outputs: readonly string[] = [],
  options: StepOptions = {},
): CheckedMethodStep {
  const { base, policies } = shared(id, inputs, outputs, options)
  const [device = '', method = ''] = target.split('.')
  const described = { name: method, description: '', inputs: [], outputs: [] }
  return { ...base, kind: 'method', definition: { ...policies, kind: 'method', device, method }, method: described }
}

interface PipelineOptions {
  readonly trigger?: Trigger
  readonly stepEvents?: boolean
  readonly outputs?: Readonly<Record<string, From>>
  readonly writes?: CheckedPipeline['writes']
  readonly finally?: readonly CheckedMethodStep[]
  readonly parameters?: Readonly<Record<string, Value>>
}

/** A checked pipeline named `p`. */
export function pipeline(steps: readonly CheckedStep[], options: PipelineOptions = {}): CheckedPipeline {
  const { trigger = { kind: 'change' }, stepEvents = false, outputs = {}, writes = [], parameters = {} } = options
  const definition = {
    id: 'p',
    trigger,
    stepEvents,
    parameters: Object.entries(parameters).map(([name, value]) => ({
      name,
      dataType: typeof value === 'number' ? 'Double' : 'String',
      default: value,
    })) as unknown as readonly ParameterDefinition[],
  } as unknown as PipelineDefinition
  return {
    definition,
    description: {} as CheckedPipeline['description'],
    steps,
    outputs: Object.entries(outputs).map(([name, from]) => ({ port: port(name), source: sourceOf(from) })),
    writes,
    finally: options.finally ?? [],
  }
}

/** A plain function plugin; `compute` gets what is wired. */
export function fn(compute: (inputs: never, config: never) => unknown, type = 'fn') {
  return { kind: 'function' as const, type, compute: compute as never }
}

/** Everything that a test looks at. */
export interface Bench {
  readonly clock: VirtualClock
  readonly execution: Execution
  readonly happenings: StepHappening[]
  readonly published: TagSample[]
  readonly calls: { device: string; method: string; inputs: Readonly<Record<string, Value>>; signal: AbortSignal }[]
  wakes: number
  /** Runs a wave that has to be synchronous; over what changed, unless `all` is asked for. */
  wave(scope?: 'all'): WaveResult
  value(tag: string): Value | undefined
  sample(tag: string): Sample
  feed(values: Readonly<Record<string, Value>>, rest?: Partial<Sample>): boolean
}

/** An execution under virtual time that starts at 1000 ms. */
export function bench(checked: CheckedPipeline, host: Partial<ExecutionHost> = {}): Bench {
  const clock = new VirtualClock(1000)
  const happenings: StepHappening[] = []
  const published: TagSample[] = []
  const calls: Bench['calls'] = []
  const execution = createExecution(compile(checked), {
    clock,
    onWake: () => {
      own.wakes++
    },
    onStep: (happening) => happenings.push(happening),
    onChanges: (samples) => published.push(...samples),
    ...host,
    call: (request) => {
      calls.push(request)
      return host.call ? host.call(request) : Promise.resolve({})
    },
  })
  const sample = (tag: string): Sample => {
    const found = execution.sample(tag)
    if (!found) throw new Error(`no tag ${tag}`)
    return found
  }
  const own: Bench = {
    clock,
    execution,
    happenings,
    published,
    calls,
    wakes: 0,
    sample,
    wave(scope) {
      const result = execution.wave({ onlyChanged: scope !== 'all' })
      if (result instanceof Promise) throw new Error('the wave is asynchronous')
      return result
    },
    value: (tag) => sample(tag).value,
    feed: (values, rest) =>
      execution.feed(
        Object.entries(values).map(([tag, value]) => ({
          tag,
          sample: { value, status: Status.Good, sourceTime: clock.now(), ...rest },
        })),
      ),
  }
  return own
}

/** A function that hands its input on after so many milliseconds of virtual time. */
export function delayed(clock: () => VirtualClock, ms: number) {
  return fn(
    ({ x }: { x: number }) => new Promise((resolve) => clock().after(ms, () => resolve({ y: x }))),
    `after-${ms}`,
  )
}

/** Notes the virtual time at which a promise settles. */
export function noted(clock: VirtualClock, result: WaveResult | Promise<WaveResult>) {
  const note: { at?: number; result?: WaveResult } = {}
  void Promise.resolve(result).then((settled) => Object.assign(note, { at: clock.monotonic(), result: settled }))
  return note
}

/** Each call of a method takes a second, and its name is its place in the log. */
export function device(log: string[], clock: () => VirtualClock, failing: readonly string[] = []) {
  return async ({ method, signal }: { method: string; signal: AbortSignal }): Promise<Record<string, Value>> => {
    log.push(`${clock().monotonic()} ${method}`)
    await new Promise<void>((resolve, reject) => {
      const cancel = clock().after(1000, resolve)
      signal.addEventListener('abort', () => {
        cancel()
        log.push(`${clock().monotonic()} ${method} aborted`)
        reject(signal.reason as Error)
      })
    })
    if (failing.includes(method)) throw new Error(`${method} is stuck`)
    return {}
  }
}
