import { isDeepStrictEqual } from 'node:util'
import { NotConnected, StatedReading } from 'millrace/plugin'
import {
  DataChangeNotification,
  type NotificationMessage,
  PublishRequest,
  type PublishResponse,
  RepublishRequest,
  type RepublishResponse,
  StatusChangeNotification,
  type StatusCode,
  StatusCodes,
} from 'node-opcua-client'
import type { Subscriber } from 'rxjs'
import { nextNumber, placeOf } from './sequence.ts'
import { explained, type Session, statusOf } from './session.ts'
import { ended, type Subscription } from './subscription.ts'
import { readingOf, type TagReading } from './tags.ts'

/** Readings of tags by name; a tag with several values comes in several batches. */
export type Batch = Readonly<Record<string, TagReading>>

/** What publishing is made of. */
export interface PublishingOptions {
  readonly session: Session
  readonly subscription: Subscription
  /** Whether the subscription comes from a connection that was lost: first everything is fetched that was sent meanwhile. */
  readonly isResumed: boolean
  readonly subscriber: Subscriber<Batch>
  /** Told when the server does not answer any more although its connection stands. */
  readonly onSilence: () => void
  /** Told when the server could not give a message again; the values in it are lost. */
  readonly onMissing: (count: number) => void
}

/** Publish requests under way, so that one is always there when the server has something to say. */
const requestsMax = 2
const faultsMax = 10
/** What an answer may take beyond the time when the server must say something. */
const graceMs = 2000

/** Faults after which a subscription is no more. */
const fatal: readonly StatusCode[] = [
  StatusCodes.BadNoSubscription,
  StatusCodes.BadSubscriptionIdInvalid,
  StatusCodes.BadSessionIdInvalid,
  StatusCodes.BadSessionClosed,
  StatusCodes.BadSessionNotActivated,
  StatusCodes.BadUserAccessDenied,
]

/**
 * Receives the messages of a subscription: every one, once, in order.
 *
 * The stack has a loop of its own, which takes the number of a keep-alive for that of a message and so skips one after a
 * reconnection. Here a message counts as received by its own number; one that was left out is asked for again (Part 4 §6.7).
 */
export class Publishing {
  readonly #options: PublishingOptions
  /** Messages are taken in one after the other, also while a missing one is fetched. */
  #turn: Promise<void> = Promise.resolve()
  #requests = 0
  #faults = 0
  #isEnded = false
  /** Names of the tags that were not heard of since a resumed subscription was resumed. */
  #unheard: Set<string> | undefined

  constructor(options: PublishingOptions) {
    this.#options = options
    if (options.isResumed) this.#unheard = new Set(options.subscription.latest.keys())
  }

  /** Fetches what was missed, then publishes until it is ended. */
  start(): void {
    this.#turn = (this.#options.isResumed ? this.#catchUp() : Promise.resolve())
      .then(() => {
        while (!this.#isEnded && this.#requests < requestsMax) this.#request()
      })
      .catch((error: unknown) => this.#fail(error))
  }

  /** Takes nothing in any more. */
  end(): void {
    this.#isEnded = true
  }

  /** Asks for messages again, from the last one on, until the server has no more. */
  async #catchUp(): Promise<void> {
    const { subscription } = this.#options
    while (!this.#isEnded) {
      const message = await this.#again(subscription.lastNumber === undefined ? 1 : nextNumber(subscription.lastNumber))
      if (!message) return
      this.#take(message)
    }
  }

  #request(): void {
    const { session, subscription } = this.#options
    const { id: subscriptionId, acknowledgements, keepAliveMs } = subscription
    const acknowledged = [...acknowledgements]
    acknowledgements.clear()
    const request = new PublishRequest({
      requestHeader: { timeoutHint: requestsMax * keepAliveMs + graceMs },
      subscriptionAcknowledgements: acknowledged.map((sequenceNumber) => ({ subscriptionId, sequenceNumber })),
    })
    this.#requests += 1
    session.publish(request, (error, response) => {
      this.#requests -= 1
      // What was not answered was perhaps not acknowledged; to do it twice does no harm.
      if (error) for (const number of acknowledged) acknowledgements.add(number)
      if (this.#isEnded) return
      if (error || !response) this.#refused(error)
      else this.#received(response)
    })
  }

  #received(response: PublishResponse): void {
    this.#faults = 0
    this.#request()
    if (response.subscriptionId !== this.#options.subscription.id) return
    this.#turn = this.#turn.then(() => this.#inOrder(response)).catch((error: unknown) => this.#fail(error))
  }

  #refused(error: Error | null): void {
    const status = statusOf(error)
    this.#faults += 1
    if (status === undefined || fatal.some((each) => each.equals(status)) || this.#faults > faultsMax) {
      this.#fail(error)
    } else if (!status.equals(StatusCodes.BadTooManyPublishRequests) || this.#requests === 0) {
      this.#request()
    }
  }

  async #inOrder({ notificationMessage, moreNotifications }: PublishResponse): Promise<void> {
    if (this.#isEnded) return
    const { subscription, onMissing } = this.#options
    const { sequenceNumber, notificationData } = notificationMessage
    const isKeepAlive = (notificationData ?? []).length === 0
    const place = placeOf(sequenceNumber, subscription.lastNumber)
    if (place.kind === 'after') {
      let lost = 0
      for (const number of place.missing) {
        const message = await this.#again(number)
        if (message) this.#take(message)
        else lost += 1
      }
      if (lost > 0) onMissing(lost)
    }
    // A keep-alive carries the number that the next message will have.
    if (!isKeepAlive) this.#take(notificationMessage)
    else if (place.kind === 'after' || subscription.lastNumber === undefined) {
      subscription.lastNumber = beforeNumber(sequenceNumber)
    }
    if (!moreNotifications) this.#restate()
  }

  /** Asks for one message again; undefined when the server does not have it. */
  #again(retransmitSequenceNumber: number): Promise<NotificationMessage | undefined> {
    const { session, subscription } = this.#options
    const request = new RepublishRequest({ subscriptionId: subscription.id, retransmitSequenceNumber })
    return new Promise((resolve, reject) => {
      session.republish(request, (error: Error | null, response?: RepublishResponse) => {
        const status = response?.responseHeader.serviceResult ?? statusOf(error)
        if (status?.equals(StatusCodes.BadMessageNotAvailable)) resolve(undefined)
        else if (error || !response) reject(error ?? new Error('Republish brought no answer'))
        else resolve(response.notificationMessage)
      })
    })
  }

  #take({ sequenceNumber, notificationData }: NotificationMessage): void {
    const { subscription, subscriber } = this.#options
    if (this.#isEnded) return
    subscription.acknowledgements.add(sequenceNumber)
    if (placeOf(sequenceNumber, subscription.lastNumber).kind === 'known') return
    subscription.lastNumber = sequenceNumber
    for (const data of notificationData ?? []) {
      if (data instanceof DataChangeNotification) {
        for (const batch of this.#batchesOf(data)) subscriber.next(batch)
      } else if (data instanceof StatusChangeNotification && data.status.isBad()) {
        throw ended(data.status)
      }
    }
  }

  /** The values of a notification; those of one tag come one after the other, in the order of the server's queue. */
  #batchesOf({ monitoredItems }: DataChangeNotification): readonly Batch[] {
    const { monitored, latest } = this.#options.subscription
    const batches: Record<string, TagReading>[] = []
    const countByHandle = new Map<number, number>()
    for (const { clientHandle, value } of monitoredItems ?? []) {
      const tag = monitored[clientHandle - 1]
      if (!tag) continue
      const count = countByHandle.get(clientHandle) ?? 0
      const taken = readingOf(tag, value)
      // Some servers send everything again when a session comes back; what is known and shown is no change.
      if (!this.#unheard?.has(tag.name) && isSame(latest.get(tag.name), taken)) continue
      countByHandle.set(clientHandle, count + 1)
      batches[count] ??= {}
      const batch = batches[count] as Record<string, TagReading>
      batch[tag.name] = taken
      latest.set(tag.name, taken)
      this.#unheard?.delete(tag.name)
    }
    return batches
  }

  /** After a resumption: what has not changed meanwhile is as it was, which has to be said since it was shown as lost. */
  #restate(): void {
    const { subscription, subscriber } = this.#options
    const unheard = this.#unheard
    this.#unheard = undefined
    if (!unheard || unheard.size === 0) return
    const entries = [...unheard].map((name) => [name, subscription.latest.get(name)] as const)
    subscriber.next(
      Object.fromEntries(entries.filter((entry): entry is [string, TagReading] => entry[1] !== undefined)),
    )
  }

  #fail(error: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (!(error instanceof NotConnected) && statusOf(error) === undefined) this.#options.onSilence()
    const reason = explained(error)
    if (reason instanceof NotConnected) this.#options.subscriber.error(reason)
    else {
      const message = reason instanceof Error ? reason.message : String(reason)
      this.#options.subscriber.error(new NotConnected(`the server sends no more values: ${message}`, { cause: error }))
    }
  }
}

/** Whether two readings are one: the same value, with the same status, of the same moment. */
function isSame(one: TagReading | undefined, other: TagReading): boolean {
  return (
    one instanceof StatedReading &&
    other instanceof StatedReading &&
    one.sourceTime !== undefined &&
    one.sourceTime === other.sourceTime &&
    one.status === other.status &&
    isDeepStrictEqual(one.value, other.value)
  )
}

function beforeNumber(number: number): number {
  return number <= 1 ? 0xffffffff : number - 1
}
