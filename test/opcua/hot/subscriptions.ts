import { expect } from 'chai'
import type { TagSample } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import type { Value } from '../../../src/model/value.ts'
import type { WireClient } from '../../kit/wire/client.ts'
import {
  type WireItem,
  type WireMessage,
  wireMade,
  wireMessage,
  wireSubscription,
  wireUnsubscribe,
} from '../../kit/wire/subscription.ts'
import { type Both, comparable, type Pair } from './both.ts'
import { arrangedTime } from './served.ts'

/** How often subscriptions publish, in milliseconds. */
export const publishingMs = 50

/** A subscription of a client, with the numbers of its items. */
export interface Watching {
  readonly client: WireClient
  readonly subscriptionId: number
  readonly ids: number[]
}

/** The same subscription of a client of each of the two servers. */
export type Sides = Readonly<Record<keyof Pair, Watching>>

/** A Good sample of the arranged year, so many milliseconds later. */
export function sampleOf(tag: string, value: Value, at = 0): TagSample {
  return { tag, sample: { value, status: Status.Good, sourceTime: arrangedTime + at } }
}

/** Messages until there is nothing more. */
export async function messagesOf({ client }: Watching): Promise<readonly WireMessage[]> {
  const all: WireMessage[] = []
  for (;;) {
    const message = await wireMessage(client)
    if (message.changes.length === 0) return all
    all.push(message)
  }
}

/** What messages tell of each item, in order, as texts that can be compared. */
export function byHandle(messages: readonly WireMessage[]): Record<number, string[]> {
  const found: Record<number, string[]> = {}
  for (const { handle, value } of messages.flatMap(({ changes }) => changes)) {
    found[handle] ??= []
    found[handle].push(comparable(value))
  }
  return found
}

/** What both tell until there is nothing more, which has to be the same; gives how much that was. */
export async function expectSame({ hot, stock }: Sides, about: string): Promise<number> {
  const [ours, theirs] = await Promise.all([messagesOf(hot), messagesOf(stock)])
  expect(byHandle(ours), about).to.deep.equal(byHandle(theirs))
  return ours.flatMap(({ changes }) => changes).length
}

/** Asks both for the same, and expects the same of both. */
export async function ask<Result>({ hot, stock }: Sides, of: (side: Watching) => Promise<Result>): Promise<Result> {
  const [ours, theirs] = [await of(hot), await of(stock)]
  expect(ours).to.deep.equal(theirs)
  return ours
}

/** Subscriptions of both servers, for the length of a test. */
export class Subscriptions {
  readonly both: Both
  #open: Sides[] = []

  constructor(both: Both) {
    this.both = both
  }

  /** The NodeId of a tag of a device. */
  nodeIdOf(tag: string): string {
    return this.both.nodeIds.find((id) => id.endsWith(`;s=dev/${tag}`)) ?? ''
  }

  /** Lets samples flow in both. */
  async emit(...batch: TagSample[]): Promise<void> {
    this.both.hot.plant.emit(...batch)
    await this.both.stock.ask('emit', batch)
  }

  /** Makes the same subscription on both, with no more than so many notifications in a message. */
  async watch(pair: Pair, items: readonly WireItem[], notificationsMax = 0): Promise<Sides> {
    const watch = async (client: WireClient): Promise<Watching> => {
      const subscriptionId = await wireSubscription(client, publishingMs, { notificationsMax })
      const ids: number[] = []
      // Answers have to fit into small messages too.
      for (let from = 0; from < items.length; from += 100) {
        const made = await wireMade(client, subscriptionId, items.slice(from, from + 100))
        ids.push(...made.map(({ id }) => id))
      }
      return { client, subscriptionId, ids }
    }
    const sides = { hot: await watch(pair.hot), stock: await watch(pair.stock) }
    this.#open.push(sides)
    return sides
  }

  /** Another client has taken over. */
  replace(sides: Sides, client: Pair): Sides {
    const taken = { hot: { ...sides.hot, client: client.hot }, stock: { ...sides.stock, client: client.stock } }
    this.#open = [...this.#open.filter((each) => each !== sides), taken]
    return taken
  }

  /** Ends all; another subscription of a session would answer in between. */
  async end(): Promise<void> {
    for (const { hot, stock } of this.#open.splice(0)) {
      for (const side of [hot, stock]) await wireUnsubscribe(side.client, side.subscriptionId)
    }
  }
}
