import { DataValue, type UAVariable, type Variant } from 'node-opcua'
import { type Observable, Subscription } from 'rxjs'
import { systemClock } from '../model/clock.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { type Converted, nullVariant } from './conversion.ts'
import { type Pushed, push } from './hot/pushed.ts'
import { show as showValue } from './hot/show.ts'
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
  readonly #followedByTag = new Map<string, Followed>()
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
    const target = { pushed: push(variable), show, owner: this.#owner }
    this.#register(tag, target)
    const sample = this.#latest(tag)
    if (sample) showSample(target, sample, now())
    else if (!this.#shown.has(variable)) setValue(variable, nullVariant, Status.BadWaitingForInitialData)
  }

  /** Tells of each sample of a tag, from its newest one on. */
  watch(tag: string, watch: Watch): void {
    this.watchAll([tag], watch)
  }

  /** The same for many tags; they share what is kept, because a device may have very many. */
  watchAll(tags: Iterable<string>, watch: Watch): void {
    const watcher = { watch, owner: this.#owner }
    for (const tag of tags) {
      this.#register(tag, watcher)
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
    return [...this.#followedByTag.values()].reduce((count, { others }) => count + 1 + others.length, 0)
  }

  /** Begins to follow the stream; samples of tags that nothing shows are passed over. */
  follow(samples$: Observable<readonly TagSample[]>): void {
    this.#subscription.add(samples$.subscribe((batch) => this.take(batch)))
  }

  /** Follows no more; calling it again does nothing. */
  stop(): void {
    this.#subscription.unsubscribe()
  }

  /**
   * Shows a batch of samples. What comes in one batch has one server time.
   *
   * A device brings its tags in the same order again and again, so each is first looked for behind the one before it.
   */
  take(batch: readonly TagSample[]): void {
    const at = now()
    let last: Followed | undefined
    for (const { tag, sample } of batch) {
      let followed = last?.next
      if (followed?.tag !== tag) {
        followed = this.#followedByTag.get(tag)
        if (last) last.next = followed
      }
      last = followed
      if (!followed) continue
      const { first, others } = followed
      tell(first, sample, tag, at)
      for (const follower of others) tell(follower, sample, tag, at)
    }
  }

  #register(tag: string, follower: Follower): void {
    const followed = this.#followedByTag.get(tag)
    if (!followed) this.#followedByTag.set(tag, { tag, first: follower, others: nobody, next: undefined })
    // What clients read is up to date before anybody acts on it.
    else follow(followed, [...followersOf(followed), follower].sort(variablesFirst))
    const tags = this.#tagsByOwner.get(this.#owner)
    if (tags) tags.add(tag)
    else this.#tagsByOwner.set(this.#owner, new Set([tag]))
  }

  /** Takes away what an owner has registered, and returns the variables that were bound. */
  #forget(owner: string): ReadonlySet<UAVariable> {
    const variables = new Set<UAVariable>()
    for (const tag of this.#tagsByOwner.get(owner) ?? nobody) {
      const followed = this.#followedByTag.get(tag)
      if (!followed) continue
      const followers = followersOf(followed)
      for (const follower of followers) {
        if (follower.owner === owner && 'pushed' in follower) variables.add(follower.pushed.variable)
      }
      follow(
        followed,
        followers.filter((entry) => entry.owner !== owner),
      )
      if (followed.tag === undefined) this.#followedByTag.delete(tag)
    }
    this.#tagsByOwner.delete(owner)
    return variables
  }
}

/** A tag that somebody follows. */
interface Followed {
  /** Undefined when nobody follows it any more. */
  tag: string | undefined
  first: Follower
  /** The list never changes, since it may be walked through at this moment; there may be another one instead. */
  others: readonly Follower[]
  /** What came behind it in the last batch. */
  next: Followed | undefined
}

function followersOf({ first, others }: Followed): readonly Follower[] {
  return [first, ...others]
}

function follow(followed: Followed, [first, ...others]: readonly Follower[]): void {
  if (!first) {
    followed.tag = undefined
    return
  }
  followed.first = first
  followed.others = others.length === 0 ? nobody : others
}

/** Who hears of the samples of a tag. */
type Follower = Target | Watcher

/** A variable that shows them. */
interface Target {
  readonly pushed: Pushed
  readonly show: Show
  readonly owner: string
}

interface Watcher {
  readonly watch: Watch
  readonly owner: string
}

function variablesFirst(one: Follower, other: Follower): number {
  return Number('pushed' in other) - Number('pushed' in one)
}

/** A moment: as a date, and in milliseconds of the monotonic clock. */
interface Moment {
  readonly date: Date
  readonly ms: number
}

function now(): Moment {
  return { date: dateOf(systemClock.now()), ms: performance.now() }
}

function tell(follower: Follower, sample: Sample, tag: string, at: Moment): void {
  if ('watch' in follower) follower.watch(sample, tag)
  else showSample(follower, sample, at)
}

function showSample({ pushed, show }: Target, sample: Sample, at: Moment): void {
  const converted = show(sample.value)
  const dataValue =
    'variant' in converted
      ? dataValueOf(converted.variant, sample.status, dateOf(sample.sourceTime), at.date)
      : dataValueOf(nullVariant, converted.status, dateOf(sample.sourceTime), at.date)
  showValue(pushed, dataValue, at.ms)
}

/** Shows a sample with its status and source time. A value that does not fit its type becomes Bad, not an error in the encoder. */
export function setSample(variable: UAVariable, sample: Sample, show: Show): void {
  const converted = show(sample.value)
  if ('variant' in converted) setValue(variable, converted.variant, sample.status, sample.sourceTime)
  else setValue(variable, nullVariant, converted.status, sample.sourceTime)
}

/** Sets value, status and source time of a variable (milliseconds since 1970 UTC; now when there is none). */
export function setValue(variable: UAVariable, value: Variant, status: number, sourceTime?: number): void {
  const now = dateOf(systemClock.now())
  const dataValue = dataValueOf(value, status, sourceTime === undefined ? now : dateOf(sourceTime), now)
  ;(variable as unknown as SetsDataValue)._internal_set_dataValue(dataValue)
}

/** What the stack itself calls when a variable is set. */
interface SetsDataValue {
  _internal_set_dataValue(dataValue: DataValue): void
}

function dataValueOf(value: Variant, status: number, sourceTimestamp: Date, serverTimestamp: Date): DataValue {
  const dataValue = new DataValue(null)
  dataValue.value = value
  dataValue.statusCode = statusCodeOf(status)
  dataValue.sourceTimestamp = sourceTimestamp
  dataValue.serverTimestamp = serverTimestamp
  return dataValue
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
