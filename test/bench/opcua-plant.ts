import { Subject } from 'rxjs'
import type { PlantEvent } from '../../src/model/event.ts'
import type { DeviceDescription, PipelineDescription, Port } from '../../src/model/port.ts'
import { good, type TagSample } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import type { PlantView } from '../../src/opcua/plant-view.ts'

/** How a tag of the benchmark looks: a number without anything, or with unit and range. */
export type TagKind = 'plain' | 'analog'

const filler = 'Acme/Line1'

/** A plant of one connected device with many tags and one method; samples and events are made by the benchmark. */
export class BenchPlant {
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #events = new Subject<PlantEvent>()
  readonly #device: DeviceDescription
  /** Made once, as a device does. */
  readonly #tags: readonly string[]

  constructor(count: number, kind: TagKind) {
    const more = kind === 'analog' ? { unit: 'l', range: [0, 50] as const } : {}
    const port = (name: string): Port => ({ name, dataType: 'Double', isArray: false, description: '', ...more })
    this.#tags = Array.from({ length: count }, (_, index) => `bench.t${index}`)
    this.#device = {
      id: 'bench',
      name: 'Bench',
      description: '',
      type: 'bench',
      equipment: filler,
      outputs: Array.from({ length: count }, (_, index) => port(`t${index}`)),
      // As many as one request writes.
      inputs: Array.from({ length: Math.min(count, 100) }, (_, index) => port(`t${index}`)),
      methods: [{ name: 'echo', description: '', inputs: [port('value')], outputs: [port('value')] }],
      configuration: {},
    }
  }

  /** The plant as the address space sees it. */
  view(): PlantView {
    const never = () => Promise.reject(new Error('the benchmark does not ask for this'))
    const first = good(0, Date.now())
    return {
      id: 'bench',
      name: 'Bench',
      equipment: [
        { path: 'Acme', level: 'Enterprise', name: 'Acme', description: '' },
        { path: filler, level: 'WorkUnit', name: 'Line 1', description: '' },
      ],
      devices: [this.#device],
      pipelines: [] as readonly PipelineDescription[],
      samples$: this.#samples.asObservable(),
      events$: this.#events.asObservable(),
      latest: (tag) => (tag.includes('.') ? first : undefined),
      programState: () => 'Ready',
      lastTransition: () => undefined,
      start: never,
      stop: never,
      suspend: never,
      resume: never,
      halt: never,
      reset: never,
      setParameter: never,
      write: async (tag, value) => {
        this.#samples.next([{ tag, sample: good(value, Date.now()) }])
        return Status.Good
      },
      call: async (_device, _method, { value = null }) => ({ value }),
      connect: never,
      disconnect: never,
      resetBreaker: never,
      injectFault: never,
      clearFaults: never,
    }
  }

  /** Gives tags a new value. */
  change(from: number, to: number, value: number): void {
    const sample = good(value, Date.now())
    const batch: TagSample[] = []
    for (let index = from; index < to; index++) batch.push({ tag: this.#tags[index] ?? '', sample })
    this.#samples.next(batch)
  }

  /** Lets the device be connected once more. */
  happen(): void {
    this.#events.next({ kind: 'deviceConnected', device: 'bench', time: Date.now(), message: 'Bench is connected' })
  }
}
