import { type BaseNode, BrowseDirection, type UAObject } from 'node-opcua'
import { Subscription } from 'rxjs'
import { type Clock, systemClock } from '../../model/clock.ts'
import { diagnosticTag } from '../../model/diagnostics.ts'
import type { PlantEvent } from '../../model/event.ts'
import type { DeviceDescription, PipelineDescription } from '../../model/port.ts'
import { bad, good, type Sample, type TagSample } from '../../model/sample.ts'
import { Status } from '../../model/status.ts'
import { ownerTag } from '../../model/tag.ts'
import { removeTree } from '../change/remove-tree.ts'
import type { SpaceContext } from '../space-context.ts'
import { BreakerObject } from './breaker-object.ts'
import type { AlarmContext, Condition } from './condition.ts'
import { type ConditionStore, MemoryConditionStore } from './condition-store.ts'
import { BreakerAlarm, ConnectionAlarm } from './device-alarms.ts'
import { FaultAlarm } from './fault-alarm.ts'
import { LevelAlarm } from './level-alarm.ts'
import { bindRefresh } from './refresh.ts'

/** How alarms are kept. */
export interface AlarmOptions {
  readonly clock?: Clock | undefined
  /** Where conditions survive; in memory when absent. */
  readonly store?: ConditionStore | undefined
  /** How long a connection may be gone until it is an alarm; 2 s when absent. */
  readonly connectionDelayMs?: number | undefined
}

type Taker = (sample: Sample) => void

/** What was made for a device or a pipeline. */
interface Made {
  readonly alarms: readonly { readonly condition: Condition; stop(): void; detach?(): void }[]
  /** Who takes the samples of a tag. */
  readonly takers: ReadonlyMap<string, Taker>
  /** Nodes that come and go with the alarms. */
  readonly parts?: readonly UAObject[]
  readonly happened?: (event: PlantEvent) => void
}

interface Owned extends Made {
  readonly node: UAObject
  /** What the alarms were made of; another text means other alarms. */
  readonly made: string
}

interface Wanted {
  readonly id: string
  readonly node: UAObject
  readonly made: string
  make(node: UAObject): Made
}

/** All alarms of a plant: made from its devices and pipelines, fed from its samples and events. */
export class Alarms {
  readonly #context: AlarmContext
  readonly #connectionDelayMs: number
  readonly #owned = new Map<string, Owned>()
  readonly #takers = new Map<string, Taker>()
  readonly #subscription = new Subscription()

  constructor(space: SpaceContext, { clock = systemClock, store, connectionDelayMs = 2000 }: AlarmOptions = {}) {
    const kept = store ?? new MemoryConditionStore()
    const restored = new Map(kept.load().map(({ id, state }) => [id, state]))
    this.#context = { space, clock, store: kept, restored }
    this.#connectionDelayMs = connectionDelayMs
    bindRefresh(space, () => this.#refresh())
    this.sync()
  }

  /** Begins to follow the plant. */
  follow(): void {
    const { samples$, events$ } = this.#context.space.view
    this.#subscription.add(samples$.subscribe((batch) => this.#take(batch)))
    this.#subscription.add(events$.subscribe((event) => this.#happened(event)))
  }

  /**
   * Makes the alarms that the plant has now, and lets go of those that it no longer has: they are told to be over, and their
   * nodes are deleted. Alarms whose definition has not changed stay as they are. Call it when the objects of new devices and
   * pipelines are there, and those of removed ones not yet gone. Returns the nodes that were made.
   */
  sync(): readonly BaseNode[] {
    const wanted = new Map(this.#wanted().map((each) => [each.id, each]))
    for (const [id, { node, made }] of this.#owned) {
      const now = wanted.get(id)
      if (now?.node !== node || now.made !== made) this.#release(id)
    }
    const fresh: BaseNode[] = []
    for (const { id, node, made, make } of wanted.values()) {
      if (this.#owned.has(id)) continue
      const owned = { node, made, ...make(node) }
      this.#keep(id, owned)
      for (const root of nodesOf(owned)) fresh.push(...treeOf(root))
    }
    return fresh
  }

  /** Follows no more, and has no timer; calling it again does nothing. */
  stop(): void {
    this.#subscription.unsubscribe()
    for (const { alarms } of this.#owned.values()) for (const alarm of alarms) alarm.stop()
  }

  #wanted(): readonly Wanted[] {
    const { view, objectById } = this.#context.space
    const wanted: Wanted[] = []
    const want = (id: string, made: unknown, make: Wanted['make']): void => {
      const node = objectById.get(id)
      if (node) wanted.push({ id, node, made: JSON.stringify(made), make })
    }
    for (const device of view.devices) {
      want(`dev/${device.id}`, [device.name, device.breaker], (node) => this.#ofDevice(node, device))
    }
    for (const pipeline of view.pipelines) {
      const limits = pipeline.outputs.map(({ name, unit, dataType, alarm }) => alarm && { name, unit, dataType, alarm })
      want(`pipe/${pipeline.id}`, [pipeline.name, limits], (node) => this.#ofPipeline(node, pipeline))
    }
    return wanted
  }

  #ofDevice(node: UAObject, device: DeviceDescription): Made {
    const owner = { node, device }
    const connection = new ConnectionAlarm(this.#context, owner, this.#connectionDelayMs)
    const takers = new Map<string, Taker>([
      [diagnosticTag(device.id, 'connectionState'), (sample) => connection.take(sample)],
    ])
    if (!device.breaker) return { alarms: [connection], takers }
    const object = new BreakerObject(this.#context.space, node, device)
    const breaker = new BreakerAlarm(this.#context, owner, object.currentState.nodeId)
    const { view } = this.#context.space
    const now = this.#context.clock.now()
    const follow = (name: string, take: Taker, initial: Sample): void => {
      const tag = diagnosticTag(device.id, name)
      takers.set(tag, take)
      take(view.latest(tag) ?? initial)
    }
    follow('failureCount', (sample) => object.takeFailureCount(sample), good(0, now))
    follow('nextProbeTime', (sample) => object.takeNextProbeTime(sample), bad(Status.BadNoData, now))
    follow(
      'breakerState',
      (sample) => {
        object.take(sample)
        breaker.take(sample)
      },
      good('Closed', now),
    )
    return {
      alarms: [connection, breaker],
      takers,
      parts: [object.node],
      happened: (event) => {
        if (event.kind === 'deviceFailed') breaker.failed(event.status)
      },
    }
  }

  #ofPipeline(node: UAObject, pipeline: PipelineDescription): Made {
    const fault = new FaultAlarm(this.#context, { node, pipeline })
    const takers = new Map<string, Taker>()
    const levels = pipeline.outputs.flatMap((output) => {
      const { alarm } = output
      if (!alarm) return []
      const level = new LevelAlarm(this.#context, { node, pipeline, output, alarm })
      const tag = ownerTag(pipeline.id, output.name)
      takers.set(tag, (sample) => level.take(sample))
      const known = this.#context.space.view.latest(tag)
      if (known) level.take(known)
      return [level]
    })
    return { alarms: [fault, ...levels], takers, happened: (event) => fault.happened(event) }
  }

  #keep(id: string, owned: Owned): void {
    this.#owned.set(id, owned)
    for (const [tag, take] of owned.takers) this.#takers.set(tag, take)
  }

  #release(id: string): void {
    const owned = this.#owned.get(id)
    if (!owned) return
    this.#owned.delete(id)
    for (const tag of owned.takers.keys()) this.#takers.delete(tag)
    for (const alarm of owned.alarms) {
      alarm.stop()
      alarm.condition.remove()
      alarm.detach?.()
    }
    for (const node of nodesOf(owned)) removeTree(node)
  }

  #refresh(): void {
    for (const { alarms } of this.#owned.values()) for (const { condition } of alarms) condition.refresh()
  }

  #take(batch: readonly TagSample[]): void {
    for (const { tag, sample } of batch) this.#takers.get(tag)?.(sample)
  }

  #happened(event: PlantEvent): void {
    const owner = 'pipeline' in event ? `pipe/${event.pipeline}` : `dev/${event.device}`
    this.#owned.get(owner)?.happened?.(event)
  }
}

/** The nodes that come and go with the alarms of an owner. */
function nodesOf({ alarms, parts = [] }: Made): readonly UAObject[] {
  return [...alarms.map(({ condition }) => condition.view.node), ...parts]
}

function treeOf(node: BaseNode, nodes = new Set<BaseNode>()): ReadonlySet<BaseNode> {
  if (nodes.has(node)) return nodes
  nodes.add(node)
  for (const child of node.findReferencesExAsObject('Aggregates', BrowseDirection.Forward)) treeOf(child, nodes)
  return nodes
}
