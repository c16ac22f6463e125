import { combineLatest, map, type Observable, Subject, share } from 'rxjs'
import type { PipelineDefinition, Trigger } from '../../src/model/definition.ts'
import type { Port } from '../../src/model/port.ts'
import type { CheckedFunctionStep, CheckedPipeline, CheckedSource } from '../../src/pipeline/checked.ts'
import { defineFunction, double, type FunctionPlugin } from '../../src/plugin/index.ts'

const sumOf = ({ a, b }: { a: number; b: number }) => ({ sum: a + b })
/** Scales a value. */
export const scaledOf = ({ value }: { value: number }, { gain, offset }: { gain: number; offset: number }) => ({
  scaled: value * gain + offset,
})
const limitedOf = ({ value }: { value: number }, { low, high }: { low: number; high: number }) => ({
  limited: Math.min(high, Math.max(low, value)),
})

/** Functions of the size of those that real pipelines are made of. */
const add = defineFunction({
  type: 'bench-add',
  description: 'Adds two values.',
  inputs: { a: double(), b: double() },
  outputs: { sum: double() },
  compute: sumOf,
})
const scale = defineFunction({
  type: 'bench-scale',
  description: 'Scales a value.',
  config: { gain: double(), offset: double() },
  inputs: { value: double() },
  outputs: { scaled: double() },
  compute: scaledOf,
})
const limit = defineFunction({
  type: 'bench-limit',
  description: 'Keeps a value between two limits.',
  config: { low: double(), high: double() },
  inputs: { value: double() },
  outputs: { limited: double() },
  compute: limitedOf,
})

/** A plugin with its ports and its configuration. */
export interface Part {
  readonly plugin: FunctionPlugin
  readonly inputs: readonly string[]
  readonly output: string
  readonly config: Readonly<Record<string, number>>
}

const parts: readonly Part[] = [
  { plugin: add as unknown as FunctionPlugin, inputs: ['a', 'b'], output: 'sum', config: {} },
  {
    plugin: scale as unknown as FunctionPlugin,
    inputs: ['value'],
    output: 'scaled',
    config: { gain: 0.999, offset: 0.5 },
  },
  {
    plugin: limit as unknown as FunctionPlugin,
    inputs: ['value'],
    output: 'limited',
    config: { low: -1e6, high: 1e6 },
  },
]

/** A step of a graph: what it reads are numbers of other steps, or -1 and -2 for the two external tags. */
export interface Vertex extends Part {
  readonly reads: readonly number[]
}

/** A graph of steps, in topological order. */
export type Graph = readonly Vertex[]

/** The shapes that are measured. */
export const shapes = ['chain', 'wide', 'lattice'] as const

/** Layers of a lattice. With more of them the naive rival would not end: its emissions double with each layer. */
const layers = 5

/**
 * A graph of so many steps. In a *chain* each step reads the one before; in a *wide* graph all read the external tags; a
 * *lattice* of diamonds has five layers in which each step with two inputs reads two neighbours of the layer above.
 */
export function graphOf(shape: (typeof shapes)[number], size: number): Graph {
  const width = Math.max(1, Math.floor(size / layers))
  return Array.from({ length: size }, (_, number) => {
    const part = parts[number % parts.length] as Part
    const layer = Math.floor(number / width)
    const reads = part.inputs.map((_, port) => {
      if (shape === 'wide' || (shape === 'chain' && number === 0)) return -1 - (port % 2)
      if (shape === 'chain') return port === 0 ? number - 1 : -2
      if (layer === 0) return -1 - ((number + port) % 2)
      return (layer - 1) * width + ((number + port) % width)
    })
    return { ...part, reads }
  })
}

/** Numbers of the steps that nobody reads. */
export function sinksOf(graph: Graph): readonly number[] {
  const read = new Set(graph.flatMap(({ reads }) => reads))
  return [...graph.keys()].filter((number) => !read.has(number))
}

const port = (name: string): Port => ({ name, dataType: 'Double', isArray: false, description: '' })

/** The checked pipeline of a graph; every step that nobody reads is an output. */
export function checkedOf(
  graph: Graph,
  extra: readonly CheckedFunctionStep[] = [],
  trigger: Trigger = { kind: 'change' },
): CheckedPipeline {
  const sourceOf = (number: number): CheckedSource =>
    number < 0
      ? { kind: 'external', tag: `plc1.x${-number}` }
      : { kind: 'step', step: `s${number}`, port: (graph[number] as Vertex).output }
  const steps = graph.map((vertex, number) => stepOf(`s${number}`, vertex, vertex.reads.map(sourceOf)))
  const about = { id: 'bench', name: 'Benchmark', description: '', equipment: 'Bench' }
  const definition: PipelineDefinition = {
    ...about,
    file: 'bench.yaml',
    trigger,
    overlap: 'skip',
    queueLengthMax: 1,
    autoStart: false,
    restart: 'ready',
    stepEvents: false,
    parameters: [],
    steps: [...steps, ...extra].map((step) => step.definition),
    outputs: [],
    writes: [],
    finally: [],
  }
  return {
    definition,
    description: { ...about, parameters: [], steps: [], outputs: [], writes: [], utilizes: [] },
    steps: [...steps, ...extra],
    outputs: sinksOf(graph).map((number) => ({ port: port(`o${number}`), source: sourceOf(number) })),
    writes: [],
    finally: [],
  }
}

/** A step of its own making, or one that scales. */
export function partStep(id: string, part: Part | 'scale', sources: readonly CheckedSource[]): CheckedFunctionStep {
  return stepOf(id, part === 'scale' ? (parts[1] as Part) : part, sources)
}

function stepOf(
  id: string,
  { plugin, inputs, output, config }: Part,
  sources: readonly CheckedSource[],
): CheckedFunctionStep {
  return {
    kind: 'function',
    id,
    inputs: inputs.map((name, index) => ({ port: port(name), source: sources[index] as CheckedSource })),
    outputs: [port(output)],
    until: [],
    after: [],
    plugin,
    config,
    definition: {
      kind: 'function',
      id,
      description: '',
      function: plugin.type,
      config,
      in: {},
      after: [],
      until: [],
      onError: { kind: 'bad' },
    },
  }
}

/** The limit: what a person would write by hand, one call after the other, with neither status nor time. */
export function straightLine(graph: Graph): (x1: number, x2: number) => number {
  const source = (number: number) => (number < 0 ? `x${-number}` : `r${number}.${(graph[number] as Vertex).output}`)
  const lines = graph.map(({ plugin, inputs, reads }, number) => {
    const values = inputs.map((name, index) => `${name}: ${source(reads[index] as number)}`)
    return `const r${number} = p${parts.findIndex((part) => part.plugin === plugin)}({ ${values.join(', ')} }, c${number})`
  })
  const text = `${graph.map((_, number) => `const c${number} = configs[${number}]`).join('\n')}
return (x1, x2) => {
${lines.join('\n')}
return ${sinksOf(graph).map(source).join(' + ')}
}`
  return new Function('p0', 'p1', 'p2', 'configs', text)(
    sumOf,
    scaledOf,
    limitedOf,
    graph.map(({ config }) => config),
  )
}

/**
 * The limit for large graphs, where V8 gives up on one long function: the same calls, each in a closure of its own, in a loop.
 */
export function loop(graph: Graph): (x1: number, x2: number) => number {
  const values = new Array<number>(graph.length + 2).fill(0.5)
  const calls = graph.map(({ plugin, config, reads }, number) => {
    const [first, second] = reads.map((read) => (read < 0 ? graph.length - 1 - read : read)) as [number, number]
    const some = config as never
    if (plugin === parts[0]?.plugin) {
      return () => {
        values[number] = sumOf({ a: values[first] as number, b: values[second] as number }).sum
      }
    }
    if (plugin === parts[1]?.plugin) {
      return () => {
        values[number] = scaledOf({ value: values[first] as number }, some).scaled
      }
    }
    return () => {
      values[number] = limitedOf({ value: values[first] as number }, some).limited
    }
  })
  const sinks = sinksOf(graph)
  return (x1, x2) => {
    values[graph.length] = x1
    values[graph.length + 1] = x2
    for (let index = 0; index < calls.length; index++) (calls[index] as () => void)()
    let sum = 0
    for (const sink of sinks) sum += values[sink] as number
    return sum
  }
}

/** The naive rival: one `combineLatest` per step, values only, as most tools build it. */
export function naive(graph: Graph): (x1: number, x2: number) => number {
  const tags = [new Subject<number>(), new Subject<number>()]
  const streams: Observable<number>[] = []
  for (const { plugin, inputs, output, config, reads } of graph) {
    const compute = plugin.compute as (values: never, config: never) => Record<string, number>
    const sources = reads.map((read) =>
      read < 0 ? (tags[-1 - read] as Subject<number>) : (streams[read] as Observable<number>),
    )
    streams.push(
      combineLatest(Object.fromEntries(inputs.map((name, index) => [name, sources[index] as Observable<number>]))).pipe(
        map((values) => compute(values as never, config as never)[output] as number),
        share(),
      ),
    )
  }
  const last = new Map<number, number>()
  for (const sink of sinksOf(graph)) streams[sink]?.subscribe((value) => last.set(sink, value))
  return (x1, x2) => {
    tags[1]?.next(x2)
    tags[0]?.next(x1)
    let sum = 0
    for (const value of last.values()) sum += value
    return sum
  }
}
