import type { SqlDriver, SqlReads } from '../sqlite/driver.ts'
import { type Page, pageOf, type Span, spanSql } from './page.ts'
import { decode, encode, type Storable } from './value-codec.ts'

/** An event type: its namespace by URI, because the index of a namespace may change, and the identifier as in `i=2041`. */
export interface EventTypeName {
  readonly uri: string
  readonly id: string
}

/** An event as it was sent. */
export interface StoredEvent {
  /** EventId in hexadecimal, unique. */
  readonly eventId: string
  /** In milliseconds since 1970 UTC. */
  readonly time: number
  readonly type: EventTypeName
  /** Identifier of the SourceNode in the namespace of the plant. */
  readonly source: string
  /** 1 to 1000. */
  readonly severity: number
  /** All its fields by path, those above too where a client selects them. */
  readonly fields: Readonly<Record<string, Storable>>
}

/** What events are wanted; each part narrows it. */
export interface EventQuery extends Span {
  readonly sources?: readonly string[] | undefined
  readonly types?: readonly EventTypeName[] | undefined
  readonly severityMin?: number | undefined
}

/** Keeps events in the order of their time; those of one time in order of arrival. */
export interface EventStore {
  /** Keeps events in one transaction. One that is there already (by its EventId) is not kept twice; tells how many were new. */
  append(events: readonly StoredEvent[]): Promise<number>
  find(eventId: string): Promise<StoredEvent | undefined>
  read(query: EventQuery): Promise<Page<StoredEvent>>
  /** Removes events before a time, at most `limit`; tells how many. */
  removeBefore(time: number, limit: number): Promise<number>
}

interface Row {
  readonly seq: number
  readonly time: number
  readonly id: string
  readonly type_uri: string
  readonly type_id: string
  readonly source: string
  readonly severity: number
  readonly fields: string
}

const insert = `
  INSERT INTO event(id, time, type_uri, type_id, source, severity, fields) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(id) DO NOTHING`

/** Keeps events in a database; `reads` are on a connection of their own where reading shall not wait for the writer. */
export function eventStore(driver: SqlDriver, reads: SqlReads = driver): EventStore {
  return {
    append: (events) =>
      driver.transaction(async (sql) => {
        let count = 0
        for (const { eventId, time, type, source, severity, fields } of events) {
          const values = [eventId, time, type.uri, type.id, source, severity, encode(fields)]
          count += (await sql.run(insert, values)).changes
        }
        return count
      }),
    async find(eventId) {
      const row = await driver.get<Row>('SELECT * FROM event WHERE id = ?', [eventId])
      return row && eventOf(row)
    },
    async read({ sources, types, severityMin = 0, ...span }) {
      const { sql, tail, values } = spanSql(span, 'time')
      const narrowed: string[] = []
      if (sources) narrowed.push(' AND source IN (SELECT value FROM json_each(?))')
      if (types) narrowed.push(' AND (type_uri, type_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))')
      const rows = await reads.all<Row>(
        `SELECT * FROM event WHERE ${sql} AND severity >= CAST(? AS INTEGER)${narrowed.join('')} ${tail}`,
        [
          ...values,
          severityMin,
          ...(sources ? [JSON.stringify(sources)] : []),
          ...(types ? [JSON.stringify(types.map(({ uri, id }) => [uri, id]))] : []),
        ],
      )
      return pageOf(rows, span.limit, eventOf)
    },
    async removeBefore(time, limit) {
      const sql = 'DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE time < ? ORDER BY time, seq LIMIT ?)'
      return (await driver.run(sql, [time, limit])).changes
    },
  }
}

function eventOf({ id, time, type_uri, type_id, source, severity, fields }: Row): StoredEvent {
  const type = { uri: type_uri, id: type_id }
  return { eventId: id, time, type, source, severity, fields: decode(fields) as Record<string, Storable> }
}
