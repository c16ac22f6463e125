import type { SqlStatements, SqlValue } from '../../sqlite/driver.ts'
import { encodeChunk } from '../codec/chunk.ts'
import { firstAt, type Samples, slice } from '../samples.ts'
import { runSpanOf } from './run-span.ts'
import { summaryOf } from './summary.ts'
import { chunkSize, type TagEntry } from './tag-entry.ts'

/** A chunk that is about to be written. */
export interface NewChunk {
  readonly id: number
  readonly tag: number
  readonly isLate: boolean
  readonly isOpen: boolean
  readonly samples: Samples
}

/** What writing a head into chunks means for its tag, once the transaction is durable. */
export interface Seal {
  readonly entry: TagEntry
  readonly seq: number
  readonly chunks: readonly NewChunk[]
  /** What stays in memory, and in an open chunk; absent when the head is empty then. */
  readonly rest: Samples | undefined
}

/** Rows that one statement inserts. */
const rowsMax = 16

/**
 * Plans the chunks for everything in a head. What is older than the tag's chunks goes into late chunks of its own, so that
 * one old sample does not make a chunk span years. With `isOpen`, the rest stays in memory as well.
 */
export function planSeal(entry: TagEntry, seq: number, nextId: () => number, isOpen: boolean): Seal {
  const all = entry.head.all()
  const split = firstAt(all, entry.lastTime)
  const late = pieces(slice(all, 0, split)).map((samples) => chunk(entry, nextId(), samples, true, false))
  const rest = slice(all, split, all.count)
  const main = isOpen ? (rest.count > 0 ? [rest] : []) : pieces(rest)
  const chunks = main.map((samples) => chunk(entry, nextId(), samples, false, isOpen))
  return { entry, seq, chunks: [...late, ...chunks], rest: isOpen && rest.count > 0 ? rest : undefined }
}

/** Writes planned chunks, in the transaction of the batch that filled them. */
export async function writeSeals(sql: SqlStatements, seals: readonly Seal[]): Promise<void> {
  if (seals.length === 0) return
  const open = seals.flatMap(({ entry }) => entry.openChunk ?? [])
  if (open.length > 0) {
    await sql.run('DELETE FROM chunk WHERE id IN (SELECT value FROM json_each(?))', [JSON.stringify(open)])
  }
  await insertChunks(
    sql,
    seals.flatMap(({ chunks }) => chunks),
  )
  const sealed = JSON.stringify(seals.map(({ entry, seq }) => [entry.id, seq]))
  await sql.run(
    `UPDATE tag SET sealed = json_extract(each.value, '$[1]') FROM json_each(?) AS each
     WHERE tag.id = json_extract(each.value, '$[0]')`,
    [sealed],
  )
}

/** Takes over in memory what has become durable. */
export function applySeal({ entry, seq, chunks, rest }: Seal): void {
  if (chunks.some(({ isLate }) => isLate)) entry.hasLate = true
  entry.sealed = seq
  entry.firstUnsealed = undefined
  entry.openChunk = rest ? chunks.at(-1)?.id : undefined
  entry.openCount = rest?.count ?? 0
  if (rest) {
    entry.head.replace(rest)
    return
  }
  entry.head.clear()
  entry.fullAt = chunkSize
  for (const { isLate, samples } of chunks) {
    if (!isLate) entry.lastTime = samples.times[samples.count - 1] as number
  }
}

/** Inserts chunks, several rows a statement. */
export async function insertChunks(sql: SqlStatements, chunks: readonly NewChunk[]): Promise<void> {
  for (let from = 0; from < chunks.length; from += rowsMax) {
    const group = chunks.slice(from, from + rowsMax)
    const places = group.map(() => '(?,?,?,?,?,?,?,?,?,?,?,?,?,?)').join(',')
    await sql.run(
      `INSERT INTO chunk (id, tag, isLate, isOpen, t0, t1, n, good, sum, min, max, blob, firstRun, lastRun)
       VALUES ${places}`,
      group.flatMap(({ id, tag, isLate, isOpen, samples }) => [
        id,
        tag,
        Number(isLate),
        Number(isOpen),
        ...columnsOf(samples),
      ]),
    )
  }
}

/** The columns of a chunk that follow from its samples: t0, t1, n, good, sum, min, max, blob, firstRun, lastRun. */
export function columnsOf(samples: Samples): SqlValue[] {
  const { from, to, count, good, sum, minimum, maximum } = summaryOf(samples)
  const runs = runSpanOf(samples)
  return [
    ...[from, to, count, good, sum, minimum, maximum, encodeChunk(samples)],
    ...[runs?.first ?? null, runs?.last ?? null],
  ]
}

function chunk(entry: TagEntry, id: number, samples: Samples, isLate: boolean, isOpen: boolean): NewChunk {
  return { id, tag: entry.id, isLate, isOpen, samples }
}

/** Even pieces of at most twice the usual size. */
export function pieces(samples: Samples): Samples[] {
  const count = Math.ceil(samples.count / (chunkSize * 2))
  return Array.from({ length: count }, (_, index) =>
    slice(samples, Math.floor((samples.count * index) / count), Math.floor((samples.count * (index + 1)) / count)),
  )
}
