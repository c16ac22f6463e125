import { DataValue, type UAVariable, type Variant } from 'node-opcua'
import { type Observable, Subscription } from 'rxjs'
import { systemClock } from '../model/clock.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { type Converted, nullVariant } from './conversion.ts'
import { statusCodeOf } from './status-codes.ts'

/** Makes what a variable shows out of the value of a sample. */
export type Show = (value: Value) => Converted

const nobody: readonly never[] = []

/** Hears of a tag's newest sample. */
export type Watch = (sample: Sample, tag: string) => void

/** The part of a variable that takes a finished DataValue; the public setter would build another one and stamp it with its own time. */
interface TakesDataValue {
  _internal_set_dataValue(dataValue: DataValue): void
}

/**
 * Pushes samples into variables: each tag's sample becomes a DataValue once, and monitored items are told by the variable.
 *
 * Nothing here is polled: a variable whose MinimumSamplingInterval is 0 is reported on change.
 */
export class LiveValues {
  readonly #targetsByTag = new Map<string, readonly Target[]>()
  readonly #watchersByTag = new Map<string, readonly Watcher[]>()
  /** The tags that each owner has asked for; an owner is built again when it changes. */
  readonly #tagsByOwner = new Map<string, Set<string>>()
  #owner = ''
  /** Variables that the owner at work had bound before: what they show stays when there is nothing newer. */
  #shown: ReadonlySet<UAVariable> = new Set()
  readonly #subscription = new Subscription()
  readonly #latest: (tag: string) => Sample | undefined

  /** `latest` gives the sample that a variable starts with. */
  constructor(latest: (tag: string) => Sample | undefined) {
    this.#latest = latest
  }

  /** Lets a variable show a tag, from its newest sample on. */
  bind(tag: string, variable: UAVariable, show: Show): void {
    this.#register(this.#targetsByTag, tag, [{ variable, show, owner: this.#owner }])
    variable.minimumSamplingInterval = 0
    const sample = this.#latest(tag)
    if (sample) setSample(variable, sample, show)
    else if (!this.#shown.has(variable)) setValue(variable, nullVariant, Status.BadWaitingForInitialData)
  }

  /** Tells of each sample of a tag, from its newest one on. */
  watch(tag: string, watch: Watch): void {
    this.watchAll([tag], watch)
  }

  /** The same for many tags; they share what is kept, because a device may have very many. */
  watchAll(tags: Iterable<string>, watch: Watch): void {
    const alone = [{ watch, owner: this.#owner }]
    for (const tag of tags) {
      this.#register(this.#watchersByTag, tag, alone)
      const sample = this.#latest(tag)
      if (sample) watch(sample, tag)
    }
  }

  /** Lets `build` bind and watch on behalf of an owner, instead of what was bound and watched for it before. */
  within(owner: string, build: () => void): void {
    const before = this.#owner
    this.#shown = this.#forget(owner)
    this.#owner = owner
    try {
      build()
    } finally {
      this.#owner = before
      this.#shown = new Set()
    }
  }

  /** How many variables and watchers follow tags; a test for leaks compares it with the one of a fresh address space. */
  get followerCount(): number {
    const lists = [...this.#targetsByTag.values(), ...this.#watchersByTag.values()]
    return lists.reduce((count, list) => count + list.length, 0)
  }

  /** Begins to follow the stream; samples of tags that nothing shows are passed over. */
  follow(samples$: Observable<readonly TagSample[]>): void {
    this.#subscription.add(samples$.subscribe((batch) => this.take(batch)))
  }

  /** Follows no more; calling it again does nothing. */
  stop(): void {
    this.#subscription.unsubscribe()
  }

  /** Shows a batch of samples. */
  take(batch: readonly TagSample[]): void {
    for (const { tag, sample } of batch) {
      for (const { variable, show } of this.#targetsByTag.get(tag) ?? nobody) setSample(variable, sample, show)
      for (const { watch } of this.#watchersByTag.get(tag) ?? nobody) watch(sample, tag)
    }
  }

  /** `alone` is the list when the entry is the only one of the tag. Lists never change, so that tags may share one. */
  #register<Entry>(byTag: Map<string, readonly Entry[]>, tag: string, alone: readonly Entry[]): void {
    const entries = byTag.get(tag)
    byTag.set(tag, entries ? [...entries, ...alone] : alone)
    const tags = this.#tagsByOwner.get(this.#owner)
    if (tags) tags.add(tag)
    else this.#tagsByOwner.set(this.#owner, new Set([tag]))
  }

  /** Takes away what an owner has registered, and returns the variables that were bound. */
  #forget(owner: string): ReadonlySet<UAVariable> {
    const variables = new Set<UAVariable>()
    for (const tag of this.#tagsByOwner.get(owner) ?? nobody) {
      const targets = this.#targetsByTag.get(tag) ?? []
      for (const target of targets) if (target.owner === owner) variables.add(target.variable)
      keepOthers(this.#targetsByTag, tag, owner)
      keepOthers(this.#watchersByTag, tag, owner)
    }
    this.#tagsByOwner.delete(owner)
    return variables
  }
}

/** New lists instead of the old ones: an old one may be walked through at this moment. */
function keepOthers<Entry extends { readonly owner: string }>(
  byTag: Map<string, readonly Entry[]>,
  tag: string,
  owner: string,
): void {
  const others = (byTag.get(tag) ?? []).filter((entry) => entry.owner !== owner)
  if (others.length > 0) byTag.set(tag, others)
  else byTag.delete(tag)
}

interface Target {
  readonly variable: UAVariable
  readonly show: Show
  readonly owner: string
}

interface Watcher {
  readonly watch: Watch
  readonly owner: string
}

/** Shows a sample with its status and source time. A value that does not fit its type becomes Bad, not an error in the encoder. */
export function setSample(variable: UAVariable, sample: Sample, show: Show): void {
  const converted = show(sample.value)
  if ('variant' in converted) setValue(variable, converted.variant, sample.status, sample.sourceTime)
  else setValue(variable, nullVariant, converted.status, sample.sourceTime)
}

/** Sets value, status and source time of a variable (milliseconds since 1970 UTC; now when there is none). */
export function setValue(variable: UAVariable, value: Variant, status: number, sourceTime?: number): void {
  const now = new Date(systemClock.now())
  const dataValue = new DataValue(null)
  dataValue.value = value
  dataValue.statusCode = statusCodeOf(status)
  dataValue.sourceTimestamp = sourceTime === undefined ? now : new Date(sourceTime)
  dataValue.serverTimestamp = now
  const target = variable as unknown as TakesDataValue
  target._internal_set_dataValue(dataValue)
}
