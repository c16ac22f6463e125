import { join } from 'node:path'
import {
  type ClientSession,
  type ContentFilter,
  constructEventFilter,
  ReadEventDetails,
  type Variant,
  type VariantLike,
} from 'node-opcua'
import type { HistoryEvent } from 'node-opcua-types'
import { pino } from 'pino'
import { EventHistory } from '../../../../src/event-history.ts'
import { type OpenedHistory, openHistory } from '../../../../src/history/store/sqlite-history.ts'
import { systemClock } from '../../../../src/model/clock.ts'
import type { ServerOptions } from '../../../../src/opcua/server-options.ts'
import { temporaryFolder } from '../../../history/kit.ts'
import { type Bench, startBench } from '../../bench.ts'
import { HandMadePlant } from '../../hand-made-plant.ts'
import { users } from '../history-bench.ts'
import { historyRead } from '../reading.ts'

/** A served plant whose events are kept in a real file. */
export interface EventBench extends Bench {
  /** The history that is in use. */
  readonly events: EventHistory
  /** Ends the server, and serves the same plant again with what is in the file. */
  restart(): Promise<void>
}

class RememberingPlant extends HandMadePlant {
  readonly eventHistory: EventHistory

  constructor(eventHistory: EventHistory) {
    super()
    this.eventHistory = eventHistory
  }
}

/** Serves a hand-made plant with a history of events; users are named after their role. */
export async function startEventBench(options: Partial<ServerOptions> = {}): Promise<EventBench> {
  const folder = await temporaryFolder()
  let opened: OpenedHistory
  let events: EventHistory
  let bench: Bench
  let plant: RememberingPlant
  const start = async (): Promise<void> => {
    opened = await openHistory({ file: join(folder.path, 'history.db'), clock: systemClock })
    events = new EventHistory({
      ...{
        keep: (work) => work(opened),
        ask: (work) => work(opened),
        clock: systemClock,
        log: pino({ level: 'silent' }),
        keepMs: 86_400_000,
      },
    })
    plant = new RememberingPlant(events)
    bench = await startBench({ view: plant, users, ...options })
  }
  const stop = async (): Promise<void> => {
    await bench.stop()
    await events.stop()
    await opened.store.close()
  }
  await start()
  return {
    get plant() {
      return plant
    },
    get server() {
      return bench.server
    },
    get folder() {
      return bench.folder
    },
    get log() {
      return bench.log
    },
    get events() {
      return events
    },
    connect: (how) => bench.connect(how),
    async restart() {
      await stop()
      await start()
    },
    async stop() {
      await stop()
      await folder.remove()
    },
  }
}

/** How events are read. */
export interface EventOptions {
  readonly start?: Date
  readonly end?: Date
  /** NumValuesPerNode. */
  readonly count?: number
  readonly fields?: readonly string[]
  readonly where?: ContentFilter | undefined
}

/** A past event by the names of the selected fields without namespaces. */
export type Past = Readonly<Record<string, unknown>>

const baseFields = ['EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'Message', 'Severity']

/** Details of a read of events. */
export function eventDetails({ start, end, count = 0, fields = [], where }: EventOptions): ReadEventDetails {
  return new ReadEventDetails({
    numValuesPerNode: count,
    startTime: start ?? null,
    endTime: end ?? null,
    filter: constructEventFilter([...baseFields, ...fields], where as never),
  } as never)
}

/** The variants of the fields of each event of a result. */
export function fieldsOf(result: { readonly historyData: unknown } | undefined): Variant[][] {
  const data = result?.historyData as HistoryEvent | null | undefined
  return (data?.events ?? []).map(({ eventFields }) => (eventFields ?? []) as Variant[])
}

/** Pages of the events of one node until there are no more; it throws the name of a status that is Bad. */
export async function eventPagesOf(session: ClientSession, nodeId: string, options: EventOptions): Promise<Past[][]> {
  const pages: Past[][] = []
  const names = [...baseFields, ...(options.fields ?? [])].map((name) => name.replace(/\d+:/g, ''))
  let continuationPoint: Buffer | undefined
  do {
    const [result] = await historyRead(session, eventDetails(options), [{ nodeId, continuationPoint }])
    if (!result || result.statusCode.isBad()) throw new Error(result?.statusCode.name)
    pages.push(
      fieldsOf(result).map((variants) =>
        Object.fromEntries(names.map((name, index) => [name, (variants[index] as VariantLike).value ?? null])),
      ),
    )
    continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
  } while (continuationPoint)
  return pages
}

/** Everything that was ever sent by a node and what stands below it. */
export async function eventsOf(session: ClientSession, nodeId: string, options: EventOptions = {}): Promise<Past[]> {
  const range = { start: new Date(0), end: new Date(Date.now() + 3_600_000) }
  return (await eventPagesOf(session, nodeId, { ...range, ...options })).flat()
}

/** The texts of messages, in order. */
export function messagesOf(events: readonly Past[]): string[] {
  return events.map(({ Message }) => (Message as { text?: string } | null)?.text ?? '')
}
