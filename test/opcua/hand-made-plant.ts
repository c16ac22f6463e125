import { Subject } from 'rxjs'
import { diagnosticTag } from '../../src/model/diagnostics.ts'
import type { Equipment } from '../../src/model/equipment.ts'
import { MillraceError } from '../../src/model/errors.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import type { FaultOrder } from '../../src/model/fault.ts'
import type { DeviceDescription, PipelineDescription, Port } from '../../src/model/port.ts'
import { type ProgramCause, type ProgramState, transitionFor } from '../../src/model/program.ts'
import type { Sample, TagSample } from '../../src/model/sample.ts'
import { good } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import type { DataType, Value } from '../../src/model/value.ts'
import type { PlantView } from '../../src/opcua/plant-view.ts'

/** What was asked of the plant, in order. */
export interface Asked {
  readonly what: string
  readonly initiator: string
}

/** A small plant whose samples and events are made by the test: two devices, three pipelines, every data type. */
export class HandMadePlant implements PlantView {
  readonly id = 'demo'
  readonly name = 'Demo'
  readonly equipment = equipment
  readonly devices = devices
  readonly pipelines = pipelines
  readonly asked: Asked[] = []
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #events = new Subject<PlantEvent>()
  readonly #latest = new Map<string, Sample>()
  readonly #programs = new Map<string, { state: ProgramState; last?: ReturnType<PlantView['lastTransition']> }>()
  /** The status that the next write ends with. */
  writeStatus: number = Status.Good
  /** What writes throw. */
  writeError: Error | undefined
  /** What calls of device methods throw. */
  callError: Error | undefined

  readonly samples$ = this.#samples.asObservable()
  readonly events$ = this.#events.asObservable()

  get isFollowed(): boolean {
    return this.#samples.observed || this.#events.observed
  }

  /** Lets samples flow. */
  emit(...batch: TagSample[]): void {
    for (const { tag, sample } of batch) this.#latest.set(tag, sample)
    this.#samples.next(batch)
  }

  /** Lets one Good value flow. */
  set(tag: string, value: Value, sourceTime = Date.now()): void {
    this.emit({ tag, sample: good(value, sourceTime) })
  }

  happen(event: PlantEvent): void {
    this.#events.next(event)
  }

  latest(tag: string): Sample | undefined {
    return this.#latest.get(tag)
  }

  programState(pipeline: string): ProgramState {
    return this.#programs.get(pipeline)?.state ?? 'Ready'
  }

  lastTransition(pipeline: string) {
    return this.#programs.get(pipeline)?.last
  }

  async start(pipeline: string, initiator: string) {
    this.#transition(pipeline, 'start', initiator)
    return { runId: `${pipeline}-1` }
  }
  stop = async (pipeline: string, initiator: string) => this.#transition(pipeline, 'stop', initiator)
  suspend = async (pipeline: string, initiator: string) => this.#transition(pipeline, 'suspend', initiator)
  resume = async (pipeline: string, initiator: string) => this.#transition(pipeline, 'resume', initiator)
  halt = async (pipeline: string, initiator: string) => this.#transition(pipeline, 'halt', initiator)
  reset = async (pipeline: string, initiator: string) => this.#transition(pipeline, 'reset', initiator)

  async setParameter(pipeline: string, name: string, value: Value, initiator: string): Promise<number> {
    this.asked.push({ what: `${pipeline}$${name} = ${String(value)}`, initiator })
    if (typeof value === 'number' && value > 50) return Status.BadOutOfRange
    this.set(`${pipeline}$${name}`, value)
    return Status.Good
  }

  async write(tag: string, value: Value, initiator: string): Promise<number> {
    this.asked.push({ what: `${tag} = ${String(value)}`, initiator })
    if (this.writeError) throw this.writeError
    if (this.writeStatus === Status.Good) this.set(tag, value)
    return this.writeStatus
  }

  async call(device: string, method: string, inputs: Readonly<Record<string, Value>>, initiator: string) {
    this.asked.push({ what: `${device}.${method}(${JSON.stringify(inputs)})`, initiator })
    if (this.callError) throw this.callError
    return method === 'moveAbsolute' ? { settledAt: Number(inputs.position) + 0.5 } : {}
  }

  async connect(device: string, initiator: string): Promise<void> {
    this.asked.push({ what: `connect ${device}`, initiator })
  }

  async disconnect(device: string, initiator: string): Promise<void> {
    this.asked.push({ what: `disconnect ${device}`, initiator })
  }

  async resetBreaker(device: string, initiator: string): Promise<void> {
    this.asked.push({ what: `reset breaker ${device}`, initiator })
    this.set(diagnosticTag(device, 'breakerState'), 'Closed')
  }

  async injectFault(device: string, { fault, durationMs }: FaultOrder, initiator: string): Promise<void> {
    this.asked.push({ what: `inject ${device} ${JSON.stringify(fault)} ${durationMs}`, initiator })
  }

  async clearFaults(device: string, initiator: string): Promise<void> {
    this.asked.push({ what: `clear faults ${device}`, initiator })
  }

  #transition(pipeline: string, cause: ProgramCause, initiator: string): void {
    const made = transitionFor(this.programState(pipeline), cause)
    if (!made)
      throw new MillraceError('invalid-state', `${pipeline} cannot ${cause}`, { status: Status.BadInvalidState })
    this.asked.push({ what: `${cause} ${pipeline}`, initiator })
    const time = Date.now()
    this.#programs.set(pipeline, { state: made.to, last: { name: made.name, time } })
    const { name: transition, from, to } = made
    const runId = `${pipeline}-1`
    this.happen({ kind: 'programTransitioned', pipeline, runId, transition, from, to, initiator, time, message: cause })
    this.set(diagnosticTag(pipeline, 'currentRunId'), runId)
  }
}

/** The data types and a value of each, as they flow. */
export const everyType: readonly (readonly [DataType, Value, Value])[] = [
  ['Boolean', true, false],
  ['SByte', -128, 5],
  ['Byte', 255, 6],
  ['Int16', -32768, 7],
  ['UInt16', 65535, 8],
  ['Int32', -2147483648, 9],
  ['UInt32', 4294967295, 10],
  ['Int64', -9223372036854775808n, 11n],
  ['UInt64', 18446744073709551615n, 12n],
  ['Float', 0.5, -0.25],
  ['Double', 1e-300, 3.5],
  ['String', 'größer', 'b'],
  ['DateTime', new Date('2026-01-02T03:04:05.678Z'), new Date('2027-01-01T00:00:00.000Z')],
  ['ByteString', new Uint8Array([0, 1, 255]), new Uint8Array([9])],
]

const port = (name: string, dataType: DataType, more: Partial<Port> = {}): Port => ({
  name,
  dataType,
  isArray: false,
  description: `The ${name}.`,
  ...more,
})

const equipment: readonly Equipment[] = [
  { path: 'Acme/Berlin/Line1/Filler', level: 'WorkUnit', name: 'Filler', description: 'Fills bottles.' },
  { path: 'Acme', level: 'Enterprise', name: 'Acme', description: 'The enterprise.' },
  { path: 'Acme/Berlin', level: 'Site', name: 'Berlin works', description: 'The site.' },
  { path: 'Acme/Berlin/Line1', level: 'WorkCenter', name: 'Line 1', description: 'The line.' },
]
const filler = 'Acme/Berlin/Line1/Filler'

const devices: readonly DeviceDescription[] = [
  {
    id: 'plc1',
    name: 'Filler PLC',
    description: 'Controls the filler.',
    type: 'modbus',
    equipment: filler,
    outputs: [
      port('Level', 'Double', { unit: 'l', range: [0, 50] }),
      port('flow', 'Float', { unit: 'l/min' }),
      port('count', 'UInt16', { range: [0, 100] }),
      port('mode', 'String', { choices: ['off', 'auto', 'manual'] }),
      port('Manufacturer', 'Int32'),
      ...everyType.map(([type]) => port(`a${type}`, type)),
      ...everyType.map(([type]) => port(`l${type}`, type, { isArray: true })),
    ],
    inputs: [
      port('mode', 'String', { choices: ['off', 'auto', 'manual'] }),
      ...everyType.map(([type]) => port(`w${type}`, type)),
      port('recipe', 'Double', { isArray: true, unit: 'l' }),
    ],
    methods: [],
    configuration: { host: '127.0.0.1', port: 502, unitId: 1, scale: 0.5, isFast: true, names: ['a', 'b'], none: null },
  },
  {
    id: 'servo1',
    name: 'Valve servo',
    description: 'Drives the valve.',
    type: 'mock-servo',
    equipment: filler,
    outputs: [port('Position', 'Double', { unit: '°', range: [0, 90] })],
    inputs: [port('TargetPosition', 'Double', { unit: '°', range: [0, 90] })],
    methods: [
      { name: 'home', description: 'Finds the reference.', inputs: [], outputs: [] },
      {
        name: 'moveAbsolute',
        description: 'Moves to a position.',
        inputs: [
          port('position', 'Double', { unit: '°', range: [0, 90] }),
          port('profile', 'String', { choices: ['soft', 'hard'] }),
        ],
        outputs: [port('settledAt', 'Double', { unit: '°' })],
      },
    ],
    configuration: {},
  },
]

const pipelines: readonly PipelineDescription[] = [
  {
    id: 'fill',
    name: 'Fill control',
    description: 'Fills one bottle.',
    equipment: filler,
    parameters: [port('TargetVolume', 'Double', { unit: 'l', range: [0, 50] })],
    steps: [
      {
        id: 'scale',
        kind: 'SCALE',
        description: 'Scales the level.',
        inputs: [
          { ...port('value', 'Double', { unit: 'l' }), source: { kind: 'tag', tag: 'plc1.Level' } },
          { ...port('gain', 'Double'), source: { kind: 'literal', value: 2.5 } },
          { ...port('limit', 'Double'), source: { kind: 'parameter', name: 'TargetVolume' } },
        ],
        outputs: [port('out', 'Double', { unit: 'l' })],
      },
      {
        id: 'writeValve',
        kind: 'servo1.moveAbsolute',
        description: 'Sets the valve.',
        device: 'servo1',
        inputs: [{ ...port('position', 'Double'), source: { kind: 'tag', tag: 'fill/scale.out' } }],
        outputs: [port('settledAt', 'Double')],
      },
    ],
    outputs: [{ ...port('volume', 'Double', { unit: 'l', range: [0, 50] }), from: 'fill/scale.out' }],
    writes: [{ tag: 'servo1.TargetPosition', from: 'fill/scale.out' }],
    utilizes: ['plc1', 'servo1'],
  },
  {
    id: 'watch',
    name: 'Servo watch',
    description: 'Watches the servo.',
    equipment: filler,
    parameters: [],
    steps: [
      {
        id: 'limit',
        kind: 'LIMIT',
        description: 'Limits.',
        inputs: [{ ...port('in', 'Double'), source: { kind: 'tag', tag: 'fill.volume' } }],
        outputs: [port('isHigh', 'Boolean')],
      },
    ],
    outputs: [],
    writes: [],
    utilizes: [],
  },
  {
    id: 'idle',
    name: 'Idle',
    description: 'Does nothing.',
    equipment: 'Acme/Berlin/Line1',
    parameters: [],
    steps: [],
    outputs: [],
    writes: [],
    utilizes: [],
  },
]
