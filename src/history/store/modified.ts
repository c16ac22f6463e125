import { MillraceError } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'
import type { SqlReads, SqlStatements, SqlValue } from '../../sqlite/driver.ts'
import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { readValue, writeValue } from '../codec/scalars.ts'
import {
  type Author,
  beforeMax,
  type EditKind,
  type Entry,
  editKinds,
  editMax,
  type Modified,
  type ModifiedPage,
  type PageRequest,
} from '../history-store.ts'

/** Rows that one statement inserts. */
const rowsMax = 100
const columns = 'tag, time, status, value, user, at, kind, run'

const read = 'id, time, status, value, user, at, kind, run'

const writer = new ByteWriter()

/** Writes down what a change did: a row for each sample that was there before, or was inserted. */
export class ModificationLog {
  /** The first of the samples that are not there any more. */
  readonly before: Entry[] = []
  readonly #sql: SqlStatements
  readonly #tag: number
  readonly #author: Author
  #rows: SqlValue[][] = []
  #count = 0

  constructor(sql: SqlStatements, tag: number, author: Author) {
    this.#sql = sql
    this.#tag = tag
    this.#author = author
  }

  /** Notes one sample; it rejects with `value-out-of-range` when there are too many. */
  async add(entry: Entry, kind: EditKind): Promise<void> {
    if (++this.#count > editMax) throw tooMany()
    if (kind !== 'insert' && this.before.length < beforeMax) this.before.push(entry)
    const { user, at } = this.#author
    writeValue(writer, entry.value)
    this.#rows.push([this.#tag, entry.time, entry.status, writer.take(), user, at, editKinds[kind], entry.run ?? null])
    if (this.#rows.length >= rowsMax) await this.flush()
  }

  /** Writes what is noted. */
  async flush(): Promise<void> {
    const rows = this.#rows
    if (rows.length === 0) return
    this.#rows = []
    const places = rows.map(() => '(?,?,?,?,?,?,?,?)').join(',')
    await this.#sql.run(`INSERT INTO modified (${columns}) VALUES ${places}`, rows.flat())
  }
}

/** Why a change is refused that concerns more samples than one transaction should. */
export function tooMany(): MillraceError {
  const message = `a change of history concerns more than ${editMax} samples; make it in several steps`
  return new MillraceError('value-out-of-range', message, { status: Status.BadTooManyOperations })
}

/** Forgets the changes of a range. Answers how many there were, and the samples of the first ones. */
export async function deleteModified(
  sql: SqlStatements,
  tag: number,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly count: number; readonly before: readonly Entry[] }> {
  const range = `FROM modified WHERE tag = ? AND time >= ? AND time ${from === to ? '<=' : '<'} ?`
  const found = await sql.get<{ count: number }>(
    `SELECT count(*) AS count FROM (SELECT 1 ${range} LIMIT ${editMax + 1})`,
    [tag, from, to],
  )
  const count = found?.count ?? 0
  if (count > editMax) throw tooMany()
  const rows = await sql.all<ModifiedRow>(`SELECT ${read} ${range} ORDER BY time, id LIMIT ${beforeMax}`, [
    tag,
    from,
    to,
  ])
  await sql.run(`DELETE ${range}`, [tag, from, to])
  const before = rows.map(modifiedFrom).map(({ time, status, value }) => ({ time, status, value }))
  return { count, before }
}

interface ModifiedRow extends Author {
  readonly id: number
  readonly time: number
  readonly status: number
  readonly value: Uint8Array
  readonly kind: number
  readonly run: number | null
}

/** A page of changes in order of time, then of when they were made; backwards when the start is after the end. */
export async function readModifiedPage(sql: SqlReads, tag: number, request: PageRequest): Promise<ModifiedPage> {
  const { start, end, limit, after, isEndIncluded } = request
  const isForward = start <= end
  const [compare, sense] = isForward ? ['>', ''] : ['<', 'DESC']
  const reach = isEndIncluded || start === end ? `${isForward ? '<' : '>'}=` : isForward ? '<' : '>'
  const rows = await sql.all<ModifiedRow>(
    `SELECT ${read} FROM modified
     WHERE tag = ? AND (time, id) ${compare} (?, ?) AND time ${reach} ? ORDER BY time ${sense}, id ${sense} LIMIT ?`,
    [tag, after?.time ?? start, after?.ordinal ?? (isForward ? -1 : Number.MAX_SAFE_INTEGER), end, limit + 1],
  )
  const entries = rows.slice(0, limit).map(modifiedFrom)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return last ? { entries, next: { time: last.time, ordinal: last.id } } : { entries }
}

function modifiedFrom({ time, status, value, user, at, kind, run }: ModifiedRow): Modified {
  const names = Object.keys(editKinds) as EditKind[]
  const name = names.find((each) => editKinds[each] === kind) ?? 'update'
  const modified = { time, status, value: readValue(new ByteReader(value)), user, at, kind: name }
  return run === null ? modified : { ...modified, run }
}
