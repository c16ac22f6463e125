import type { SqlDriver, SqlReads, SqlStatements } from '../../sqlite/driver.ts'
import { type Page, pageOf, type Span, spanSql } from '../../sqlite/page.ts'
import { decode, encode, type Storable } from '../../sqlite/value-codec.ts'

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
  /** Identifier of the object that raised it in the namespace of the plant, such as `pipe/fill`; empty for the server. */
  readonly notifier: string
  /** Path of the equipment that it stood at then; empty for the server. */
  readonly equipment: string
  /** 1 to 1000. */
  readonly severity: number
  /** The namespaces that indices in the fields count in. */
  readonly namespaces: readonly string[]
  /** All its fields by path, those above too where a client selects them. */
  readonly fields: Readonly<Record<string, Storable>>
}

/** An event of a listing, and its place among those of its time. */
export interface ListedEvent extends StoredEvent {
  readonly seq: number
}

/** What events are wanted; each part narrows it. */
export interface EventQuery extends Span {
  /** Those that this object raised. */
  readonly notifier?: string | undefined
  /** Those of this equipment and of what stands below it. */
  readonly below?: string | undefined
  readonly types?: readonly EventTypeName[] | undefined
  readonly severityMin?: number | undefined
}

/** Keeps events in the order of their time; those of one time in order of arrival. */
export interface EventStore {
  /**
   * Keeps events in one transaction; it is durable when this resolves. One that is there already (by its EventId) is not
   * kept twice; tells how many were new.
   */
  append(events: readonly StoredEvent[]): Promise<number>
  find(eventId: string): Promise<ListedEvent | undefined>
  read(query: EventQuery): Promise<Page<ListedEvent>>
  /** The types of which there were ever events. */
  types(): Promise<readonly EventTypeName[]>
  /** Removes events before a time, at most `limit`; tells how many. */
  removeBefore(time: number, limit: number): Promise<number>
}

interface Row {
  readonly seq: number
  readonly time: number
  readonly id: string
  readonly uri: string
  readonly type: string
  readonly notifier: string
  readonly equipment: string
  readonly severity: number
  readonly namespaces: number
  readonly fields: string
}

const insert = `
  INSERT INTO event(id, time, type, notifier, severity, namespaces, fields) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(id) DO NOTHING`

const select = `
  SELECT seq, time, event.id, event_type.uri, event_type.id AS type, event_notifier.name AS notifier, equipment,
    severity, namespaces, fields
  FROM event JOIN event_type ON event_type.number = event.type JOIN event_notifier ON event_notifier.number = event.notifier`

const ofTypes = ` AND event.type IN (
  SELECT number FROM event_type WHERE (uri, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?)))`

/** Keeps events in a database; `reads` are on a connection of their own where reading shall not wait for the writer. */
export function eventStore(driver: SqlDriver, reads: SqlReads = driver): EventStore {
  const namespaces = new Namespaces(reads)
  return {
    append: (events) =>
      driver.transaction(async (sql) => {
        const numbers = new Numbers(sql)
        let count = 0
        for (const event of events) count += await insertOne(sql, numbers, event)
        return count
      }),
    async find(eventId) {
      const rows = await reads.all<Row>(`${select} WHERE event.id = ?`, [eventId])
      return (await namespaces.eventsOf(rows))[0]
    },
    async read({ notifier, below, types, severityMin = 0, ...span }) {
      const { sql, tail, values } = spanSql(span, 'time')
      const raisers = await raisersOf(reads, { notifier, below })
      const rows = await reads.all<Row>(
        `${select} WHERE ${sql} AND severity >= CAST(? AS INTEGER)${raisers}${types ? ofTypes : ''} ${tail}`,
        [...values, severityMin, ...(types ? [JSON.stringify(types.map(({ uri, id }) => [uri, id]))] : [])],
      )
      const page = pageOf(rows, span.limit, (row) => row)
      return { ...page, entries: await namespaces.eventsOf(page.entries) }
    },
    types: () => reads.all<EventTypeName>('SELECT uri, id FROM event_type ORDER BY number'),
    async removeBefore(time, limit) {
      const sql = 'DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE time < ? ORDER BY time, seq LIMIT ?)'
      return (await driver.run(sql, [time, limit])).changes
    },
  }
}

/** The condition for those who raised events. */
async function raisersOf(sql: SqlReads, { notifier, below }: Pick<EventQuery, 'notifier' | 'below'>): Promise<string> {
  if (notifier === undefined && below === undefined) return ''
  const rows = await sql.all<{ number: number }>(
    `SELECT number FROM event_notifier WHERE (?1 IS NULL OR name = ?1)
       AND (?2 IS NULL OR equipment = ?2 OR substr(equipment, 1, length(?2) + 1) = ?2 || '/')`,
    [notifier ?? null, below ?? null],
  )
  const numbers = rows.map(({ number }) => number)
  // One has its events in order in an index; those of several would have to be sorted for every page, so time leads.
  return numbers.length === 1 ? ` AND event.notifier = ${numbers[0]}` : ` AND +event.notifier IN (${numbers.join()})`
}

async function insertOne(sql: SqlStatements, numbers: Numbers, event: StoredEvent): Promise<number> {
  const { eventId, time, type, notifier, equipment, severity, namespaces, fields } = event
  const values = [
    await numbers.of('event_type', { uri: type.uri, id: type.id }),
    await numbers.of('event_notifier', { name: notifier, equipment }),
    severity,
    await numbers.of('event_namespaces', { uris: JSON.stringify(namespaces) }),
  ]
  return (await sql.run(insert, [eventId, time, ...values, encode(fields)])).changes
}

/** Numbers that stand for what repeats in very many events; those of one transaction, since it may be rolled back. */
class Numbers {
  readonly #sql: SqlStatements
  readonly #known = new Map<string, number>()

  constructor(sql: SqlStatements) {
    this.#sql = sql
  }

  async of(table: 'event_type' | 'event_notifier' | 'event_namespaces', row: Record<string, string>): Promise<number> {
    const key = JSON.stringify([table, row])
    const known = this.#known.get(key) ?? (await this.#find(table, row)) ?? (await this.#insert(table, row))
    this.#known.set(key, known)
    return known
  }

  async #find(table: string, row: Record<string, string>): Promise<number | undefined> {
    const where = Object.keys(row).map((column) => `${column} = ?`)
    const sql = `SELECT number FROM ${table} WHERE ${where.join(' AND ')}`
    return (await this.#sql.get<{ number: number }>(sql, Object.values(row)))?.number
  }

  async #insert(table: string, row: Record<string, string>): Promise<number> {
    const columns = Object.keys(row)
    const sql = `INSERT INTO ${table}(${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
    return (await this.#sql.run(sql, Object.values(row))).lastId
  }
}

/** Knows the lists of namespaces: there is another one only when the NodeSets of the plant have changed. */
class Namespaces {
  readonly #sql: SqlReads
  readonly #byNumber = new Map<number, readonly string[]>()

  constructor(sql: SqlReads) {
    this.#sql = sql
  }

  async eventsOf(rows: readonly Row[]): Promise<readonly ListedEvent[]> {
    if (rows.some(({ namespaces }) => !this.#byNumber.has(namespaces))) await this.#learn()
    return rows.map(({ seq, id, time, uri, type, notifier, equipment, severity, namespaces, fields }) => ({
      ...{ seq, eventId: id, time, type: { uri, id: type }, notifier, equipment, severity },
      namespaces: this.#byNumber.get(namespaces) ?? [],
      fields: decode(fields) as Record<string, Storable>,
    }))
  }

  async #learn(): Promise<void> {
    const rows = await this.#sql.all<{ number: number; uris: string }>('SELECT number, uris FROM event_namespaces')
    for (const { number, uris } of rows) this.#byNumber.set(number, JSON.parse(uris) as string[])
  }
}
