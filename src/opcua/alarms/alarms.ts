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
import { sourceIdOf } from '../events/source-id.ts'
import type { SpaceContext } from '../space-context.ts'
import { BreakerObject } from './breaker-object.ts'
import type { AlarmContext, Condition } from './condition.ts'
import { type ConditionStore, MemoryConditionStore } from './condition-store.ts'
import { BreakerAlarm, ConnectionAlarm } from './device-alarms.ts'
import { FaultAlarm } from './fault-alarm.ts'
import { LevelAlarm, type LevelAlarmOptions } from './level-alarm.ts'
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

/** An alarm, and what it lives from. */
interface Made {
  readonly alarm: { readonly condition: Condition; stop(): void; detach?(): void }
  /** Who takes the samples of a tag. */
  readonly takers: ReadonlyMap<string, Taker>
  /** A node that comes and goes with the alarm. */
  readonly part?: UAObject
  readonly happened?: (event: PlantEvent) => void
}

/** What an alarm is of: another object, or another text of what it is made of, means another alarm. */
interface Wanted {
  /** The device or pipeline, such as `pipe/fill`. */
  readonly owner: string
  readonly node: UAObject
  readonly definition: string
  make(node: UAObject): Made
}

type Owned = Made & Wanted

/** All alarms of a plant: made from its devices and pipelines, fed from its samples and events. */
export class Alarms {
  readonly #context: AlarmContext
  readonly #connectionDelayMs: number
  readonly #owned = new Map<string, Owned>()
  readonly #takers = new Map<string, Taker>()
  readonly #listeners = new Map<string, (event: PlantEvent) => void>()
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
    const wanted = this.#wanted()
    for (const [id, { node, definition }] of this.#owned) {
      const now = wanted.get(id)
      if (now?.node !== node || now.definition !== definition) this.#release(id)
    }
    const fresh: BaseNode[] = []
    for (const [id, each] of wanted) {
      if (this.#owned.has(id)) continue
      const owned = { ...each, ...each.make(each.node) }
      this.#keep(id, owned)
      for (const root of nodesOf(owned)) fresh.push(...treeOf(root))
    }
    return fresh
  }

  /** Follows no more, and has no timer; calling it again does nothing. */
  stop(): void {
    this.#subscription.unsubscribe()
    for (const { alarm } of this.#owned.values()) alarm.stop()
  }

  #wanted(): ReadonlyMap<string, Wanted> {
    const { view, objectById } = this.#context.space
    const wanted = new Map<string, Wanted>()
    const want = (owner: string, name: string, definition: unknown, make: Wanted['make']): void => {
      const node = objectById.get(owner)
      if (node) wanted.set(`${owner}#${name}`, { owner, node, definition: JSON.stringify(definition), make })
    }
    for (const device of view.devices) {
      const { name, breaker } = device
      const owner = `dev/${device.id}`
      want(owner, 'ConnectionFailure', name, (node) => this.#connectionOf(node, device))
      if (breaker) want(owner, 'BreakerOpen', [name, breaker], (node) => this.#breakerOf(node, device))
    }
    for (const pipeline of view.pipelines) {
      const owner = `pipe/${pipeline.id}`
      want(owner, 'Fault', pipeline.name, (node) => this.#faultOf(node, pipeline))
      for (const output of pipeline.outputs) {
        const { name, unit, dataType, alarm } = output
        if (!alarm) continue
        const definition = [pipeline.name, unit, dataType, alarm]
        want(owner, name, definition, (node) => this.#levelOf(node, { pipeline, output, alarm }))
      }
    }
    return wanted
  }

  #connectionOf(node: UAObject, device: DeviceDescription): Made {
    const alarm = new ConnectionAlarm(this.#context, { node, device }, this.#connectionDelayMs)
    const tag = diagnosticTag(device.id, 'connectionState')
    return { alarm, takers: new Map([[tag, (sample) => alarm.take(sample)]]) }
  }

  #breakerOf(node: UAObject, device: DeviceDescription): Made {
    const object = new BreakerObject(this.#context.space, node, device)
    const alarm = new BreakerAlarm(this.#context, { node, device }, object.currentState.nodeId)
    const { view } = this.#context.space
    const now = this.#context.clock.now()
    const takers = new Map<string, Taker>()
    const follow = (name: string, initial: Sample, take: Taker): void => {
      const tag = diagnosticTag(device.id, name)
      takers.set(tag, take)
      take(view.latest(tag) ?? initial)
    }
    follow('failureCount', good(0, now), (sample) => object.takeFailureCount(sample))
    follow('nextProbeTime', bad(Status.BadNoData, now), (sample) => object.takeNextProbeTime(sample))
    follow('breakerState', good('Closed', now), (sample) => {
      object.take(sample)
      alarm.take(sample)
    })
    const happened = (event: PlantEvent): void => {
      if (event.kind === 'deviceFailed') alarm.failed(event.status)
    }
    return { alarm, takers, part: object.node, happened }
  }

  #faultOf(node: UAObject, pipeline: PipelineDescription): Made {
    const alarm = new FaultAlarm(this.#context, { node, pipeline })
    return { alarm, takers: new Map(), happened: (event) => alarm.happened(event) }
  }

  #levelOf(node: UAObject, of: Omit<LevelAlarmOptions, 'node'>): Made {
    const alarm = new LevelAlarm(this.#context, { ...of, node })
    const tag = ownerTag(of.pipeline.id, of.output.name)
    const known = this.#context.space.view.latest(tag)
    if (known) alarm.begin(known)
    return { alarm, takers: new Map([[tag, (sample) => alarm.take(sample)]]) }
  }

  #keep(id: string, owned: Owned): void {
    this.#owned.set(id, owned)
    for (const [tag, take] of owned.takers) this.#takers.set(tag, take)
    if (owned.happened) this.#listeners.set(owned.owner, owned.happened)
  }

  #release(id: string): void {
    const owned = this.#owned.get(id)
    if (!owned) return
    this.#owned.delete(id)
    for (const tag of owned.takers.keys()) this.#takers.delete(tag)
    if (owned.happened) this.#listeners.delete(owned.owner)
    owned.alarm.stop()
    owned.alarm.condition.remove()
    owned.alarm.detach?.()
    for (const node of nodesOf(owned)) removeTree(node)
  }

  #refresh(): void {
    for (const { alarm } of this.#owned.values()) alarm.condition.refresh()
  }

  #take(batch: readonly TagSample[]): void {
    if (this.#takers.size === 0) return
    for (const { tag, sample } of batch) this.#takers.get(tag)?.(sample)
  }

  #happened(event: PlantEvent): void {
    this.#listeners.get(sourceIdOf(event))?.(event)
  }
}

function nodesOf({ alarm, part }: Made): readonly UAObject[] {
  return [alarm.condition.view.node, ...(part ? [part] : [])]
}

function treeOf(node: BaseNode, nodes = new Set<BaseNode>()): ReadonlySet<BaseNode> {
  if (nodes.has(node)) return nodes
  nodes.add(node)
  for (const child of node.findReferencesExAsObject('Aggregates', BrowseDirection.Forward)) treeOf(child, nodes)
  return nodes
}
