import { DataValue, type UAVariable, type Variant } from 'node-opcua'
import { type Observable, Subscription } from 'rxjs'
import { systemClock } from '../model/clock.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { type Converted, nullVariant } from './conversion.ts'
import { type Fit, push, show as showValue } from './hot/show.ts'
import { statusCodeOf } from './status-codes.ts'

/** Makes what a variable shows out of the value of a sample. */
export type Show = (value: Value) => Converted

const nobody: readonly never[] = []

/** Hears of a tag's newest sample. */
export type Watch = (sample: Sample, tag: string) => void

/**
 * Pushes samples into variables: each tag's sample becomes a DataValue once, and monitored items are told by the variable.
 *
 * Nothing here is polled: a variable whose MinimumSamplingInterval is 0 is reported on change, whatever interval a client asks for.
 */
export class LiveValues {
  readonly #followersByTag = new Map<string, readonly Follower[]>()
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
    const follower: Target = { variable, show, owner: this.#owner }
    this.#register(tag, [follower])
    push(variable)
    const sample = this.#latest(tag)
    if (sample) setSample(variable, sample, show, follower)
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
      this.#register(tag, alone)
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
    return [...this.#followersByTag.values()].reduce((count, list) => count + list.length, 0)
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
      const followers = this.#followersByTag.get(tag)
      if (!followers) continue
      for (const follower of followers) {
        if ('watch' in follower) follower.watch(sample, tag)
        else setSample(follower.variable, sample, follower.show, follower)
      }
    }
  }

  /** `alone` is the list when the entry is the only one of the tag. Lists never change, so that tags may share one. */
  #register(tag: string, alone: readonly Follower[]): void {
    const others = this.#followersByTag.get(tag)
    // What clients read is up to date before anybody acts on it.
    this.#followersByTag.set(tag, others ? [...others, ...alone].sort(variablesFirst) : alone)
    const tags = this.#tagsByOwner.get(this.#owner)
    if (tags) tags.add(tag)
    else this.#tagsByOwner.set(this.#owner, new Set([tag]))
  }

  /** Takes away what an owner has registered, and returns the variables that were bound. */
  #forget(owner: string): ReadonlySet<UAVariable> {
    const variables = new Set<UAVariable>()
    for (const tag of this.#tagsByOwner.get(owner) ?? nobody) {
      for (const follower of this.#followersByTag.get(tag) ?? nobody) {
        if (follower.owner === owner && 'variable' in follower) variables.add(follower.variable)
      }
      keepOthers(this.#followersByTag, tag, owner)
    }
    this.#tagsByOwner.delete(owner)
    return variables
  }
}

/** New lists instead of the old ones: an old one may be walked through at this moment. */
function keepOthers(byTag: Map<string, readonly Follower[]>, tag: string, owner: string): void {
  const others = (byTag.get(tag) ?? []).filter((entry) => entry.owner !== owner)
  if (others.length > 0) byTag.set(tag, others)
  else byTag.delete(tag)
}

/** Who hears of the samples of a tag. */
type Follower = Target | Watcher

/** A variable that shows them; what is found of it on the way is kept here, because a plant may have very many. */
interface Target extends Fit {
  readonly variable: UAVariable
  readonly show: Show
  readonly owner: string
}

interface Watcher {
  readonly watch: Watch
  readonly owner: string
}

function variablesFirst(one: Follower, other: Follower): number {
  return Number('variable' in other) - Number('variable' in one)
}

/** Shows a sample with its status and source time. A value that does not fit its type becomes Bad, not an error in the encoder. */
export function setSample(variable: UAVariable, sample: Sample, show: Show, fit?: Fit): void {
  const converted = show(sample.value)
  if ('variant' in converted) setValue(variable, converted.variant, sample.status, sample.sourceTime, fit)
  else setValue(variable, nullVariant, converted.status, sample.sourceTime, fit)
}

/**
 * Sets value, status and source time of a variable (milliseconds since 1970 UTC; now when there is none). `fit` is for those who do
 * so again and again.
 */
export function setValue(
  variable: UAVariable,
  value: Variant,
  status: number,
  sourceTime?: number,
  fit: Fit = {},
): void {
  const now = dateOf(systemClock.now())
  const dataValue = new DataValue(null)
  dataValue.value = value
  dataValue.statusCode = statusCodeOf(status)
  dataValue.sourceTimestamp = sourceTime === undefined ? now : dateOf(sourceTime)
  dataValue.serverTimestamp = now
  showValue(variable, dataValue, fit)
}

const dates: [Date, Date] = [new Date(0), new Date(0)]

/** The date of a time. Many values come at the same time, or from it, and nobody changes a date. */
function dateOf(time: number): Date {
  const [last, other] = dates
  if (last.getTime() === time) return last
  dates[1] = last
  dates[0] = other.getTime() === time ? other : new Date(time)
  return dates[0]
}
