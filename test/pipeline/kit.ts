import type {
  FunctionStepDefinition,
  MethodStepDefinition,
  PipelineDefinition,
  Source,
} from '../../src/model/definition.ts'
import type { DeviceDescription, Port } from '../../src/model/port.ts'
import type { CheckResult, Surroundings } from '../../src/pipeline/check.ts'
import { checkPipelines } from '../../src/pipeline/check.ts'
import {
  boolean,
  choice,
  defineBlock,
  defineFunction,
  double,
  float,
  int16,
  int32,
  list,
  type StepPlugin,
  text,
  uint16,
} from '../../src/plugin/index.ts'

/** A source as pipeline files write it: `owner.port`, `$name`, or a value. */
export type Written = string | number | boolean | readonly number[] | { readonly text: string }

/** Reads a source as the reader of pipeline files does. */
export function source(written: Written): Source {
  if (typeof written === 'string' && written.startsWith('$')) return { kind: 'parameter', name: written.slice(1) }
  if (typeof written === 'string') {
    const [owner = '', port = ''] = written.split('.')
    return { kind: 'wire', owner, port }
  }
  if (typeof written === 'object' && 'text' in written) return { kind: 'literal', value: written.text }
  return { kind: 'literal', value: written }
}

function sources(written: Readonly<Record<string, Written>>): Record<string, Source> {
  return Object.fromEntries(Object.entries(written).map(([name, each]) => [name, source(each)]))
}

type StepRest = Partial<Omit<FunctionStepDefinition, 'in' | 'kind' | 'id'>>

/** A step that computes. */
export function step(
  id: string,
  type: string,
  inputs: Readonly<Record<string, Written>> = {},
  rest: StepRest = {},
): FunctionStepDefinition {
  return {
    kind: 'function',
    id,
    function: type,
    config: {},
    description: '',
    in: sources(inputs),
    after: [],
    until: [],
    onError: { kind: 'fail' },
    ...rest,
  }
}

/** A step that calls a device method, written `device.method`. */
export function call(
  id: string,
  method: string,
  inputs: Readonly<Record<string, Written>> = {},
  rest: Partial<Omit<MethodStepDefinition, 'in' | 'kind' | 'id'>> = {},
): MethodStepDefinition {
  const [device = '', name = ''] = method.split('.')
  const { function: _, config: __, kind: ___, ...shared } = step(id, '', inputs)
  return { ...shared, kind: 'method', device, method: name, ...rest }
}

/** An output of a pipeline. */
export function output(name: string, from: Written, rest: object = {}): PipelineDefinition['outputs'][number] {
  return { name, from: source(from), description: '', ...rest }
}

/** A pipeline definition: on change unless said otherwise. */
export function pipeline(id: string, rest: Partial<PipelineDefinition> = {}): PipelineDefinition {
  const isOnce = rest.trigger?.kind === 'once'
  return {
    id,
    file: `pipelines/${id}.yaml`,
    name: id,
    description: '',
    equipment: 'Acme',
    trigger: { kind: 'change' },
    overlap: 'skip',
    queueLengthMax: 2,
    autoStart: !isOnce,
    restart: isOnce ? 'ready' : 'resume',
    stepEvents: isOnce,
    parameters: [],
    steps: [],
    outputs: [],
    writes: [],
    finally: [],
    ...rest,
  }
}

/** A parameter of a pipeline. */
export function parameter(
  name: string,
  rest: Partial<PipelineDefinition['parameters'][number]> = {},
): PipelineDefinition['parameters'][number] {
  return { name, dataType: 'Double', default: 1, description: '', fixed: false, ...rest }
}

/** A port of a device. */
export function port(name: string, dataType: Port['dataType'], rest: Partial<Port> = {}): Port {
  return { name, dataType, isArray: false, description: '', ...rest }
}

/** The device of most tests. */
export const plc1: DeviceDescription = {
  id: 'plc1',
  name: 'plc1',
  description: '',
  type: 'modbus',
  equipment: 'Acme',
  outputs: [
    port('level', 'Double', { unit: 'l', range: [0, 200] }),
    port('temperature', 'Int16', { unit: '°C' }),
    port('count', 'UInt32'),
    port('ratio', 'Float'),
    port('isOpen', 'Boolean'),
    port('mode', 'String', { choices: ['auto', 'manual'] }),
    port('label', 'String'),
    port('spectrum', 'Double', { isArray: true }),
    port('big', 'Int64'),
  ],
  inputs: [port('setpoint', 'Double', { unit: 'bar', range: [0, 10] }), port('isOpen', 'Boolean')],
  methods: [
    { name: 'home', description: 'Goes home.', inputs: [], outputs: [] },
    {
      name: 'move',
      description: 'Moves.',
      inputs: [port('position', 'Double', { unit: '°', range: [0, 360] })],
      outputs: [port('settledAt', 'Double', { unit: '°' })],
    },
  ],
  configuration: {},
}

/** Plugins of the tests by type. */
export const plugins: Readonly<Record<string, StepPlugin>> = Object.fromEntries(
  [
    defineFunction({
      type: 'scale',
      description: 'Multiplies.',
      config: { gain: double({ default: 1, max: 100 }) },
      inputs: { value: double() },
      outputs: { scaled: double({ like: 'value' }) },
      compute: ({ value }, { gain }) => ({ scaled: value * gain }),
    }),
    defineFunction({
      type: 'add',
      description: 'Adds.',
      inputs: { a: double(), b: double({ like: 'a', default: 0 }) },
      outputs: { sum: double({ like: 'a' }) },
      compute: ({ a, b }) => ({ sum: a + b }),
    }),
    defineFunction({
      type: 'kelvin',
      description: 'Takes kelvin.',
      inputs: { value: double({ unit: 'K' }), whole: int32({ unit: 'K', optional: true }) },
      outputs: { same: double({ like: 'value' }) },
      compute: ({ value }) => ({ same: value }),
    }),
    defineFunction({
      type: 'takes',
      description: 'Takes one of each.',
      inputs: {
        double: double({ optional: true, max: 100 }),
        float: float({ optional: true }),
        int16: int16({ optional: true }),
        int32: int32({ optional: true }),
        uint16: uint16({ optional: true }),
        boolean: boolean({ optional: true }),
        text: text({ optional: true }),
        mode: choice(['auto', 'manual', 'off'], { optional: true }),
        list: list(double(), { optional: true }),
      },
      outputs: { done: boolean() },
      compute: () => ({ done: true }),
    }),
    defineFunction({
      type: 'slow',
      description: 'Takes its time.',
      inputs: { value: double() },
      outputs: { value: double({ like: 'value' }) },
      compute: ({ value }) => Promise.resolve({ value }),
    }),
    defineFunction({
      type: 'broken',
      description: 'Cannot name its ports.',
      inputs: (): Record<string, never> => {
        throw new Error('no ports today')
      },
      outputs: {},
      compute: () => ({}),
    }),
    defineFunction({
      type: 'expression',
      description: 'Refuses everything.',
      config: { text: text() },
      inputs: {},
      outputs: { value: double() },
      check: ({ text }) => (text === 'throw' ? fail() : [`${text} does not parse`]),
      compute: () => ({ value: 0 }),
    }),
    defineBlock({
      type: 'totalizer',
      description: 'Sums up.',
      inputs: { value: double() },
      outputs: { total: double({ unit: 'l' }) },
      memory: () => ({ total: 0 }),
      compute: ({ value }, _, memory) => {
        memory.total += value
        return { total: memory.total }
      },
    }),
    defineFunction({
      type: 'delay',
      description: 'Hands on what came before.',
      inputs: { value: double() },
      outputs: { value: double({ like: 'value' }) },
      compute: ({ value }) => ({ value }),
    }),
  ].map((plugin) => [plugin.type, plugin as unknown as StepPlugin]),
)

function fail(): never {
  throw new Error('out of order')
}

/** What the pipelines of the tests are checked against. */
export const surroundings: Surroundings = {
  devices: new Map([['plc1', plc1]]),
  step: (type) => plugins[type],
  stepTypes: Object.keys(plugins),
}

/** Checks pipelines against {@link surroundings}. */
export function check(...definitions: readonly PipelineDefinition[]): CheckResult {
  return checkPipelines(definitions, surroundings)
}
