import { firstAt, joined, noSamples, type Samples, slice, sorted } from '../samples.ts'

/** Samples of a chunk, or of a head, among which later ids arrived later. */
export interface Piece {
  readonly id: number
  /** Gives the samples; it is called when their turn has come, which for the last pieces fetched is often never. */
  readonly load: () => Samples
  /** Nothing of it lies before this time in the direction of reading. */
  readonly begin: number
}

/** A piece whose turn has come. */
interface Active {
  readonly id: number
  readonly samples: Samples
}

/** Gives pieces one after the other, in order of where they begin in the direction of reading; undefined at the end. */
export type PieceSource = () => Promise<Piece | undefined>

/** The direction in which history is read. */
export type Direction = 'forward' | 'backward'

/**
 * Merges pieces that may overlap into blocks. Within a block samples are in order of time (equal times in order of arrival)
 * whatever the direction; the blocks themselves follow the direction. All samples of one time are in one block.
 */
export async function* merge(sources: readonly PieceSource[], direction: Direction): AsyncGenerator<Samples> {
  const waiting = await Promise.all(sources.map((next) => next()))
  let active: Active[] = []
  for (;;) {
    const bound = Math.min(...waiting.map((piece) => (piece ? edge(piece, direction) : Number.POSITIVE_INFINITY)))
    const { ready, rest } = divide(active, bound, direction)
    active = rest
    if (ready.count > 0) yield ready
    if (bound === Number.POSITIVE_INFINITY) return
    for (const [index, piece] of waiting.entries()) {
      if (!piece || edge(piece, direction) > bound) continue
      active.push({ id: piece.id, samples: piece.load() })
      waiting[index] = await sources[index]?.()
    }
  }
}

/** Where a piece begins, growing in the direction of reading. */
function edge({ begin }: Piece, direction: Direction): number {
  return direction === 'forward' ? begin : -begin
}

/** What no piece that waits can reach any more, in order, and the rest. */
function divide(active: readonly Active[], bound: number, direction: Direction): { ready: Samples; rest: Active[] } {
  const ready: Active[] = []
  const rest: Active[] = []
  for (const piece of active) {
    const { samples } = piece
    const { count } = samples
    const cut = direction === 'forward' ? firstAt(samples, bound) : firstAfter(samples, -bound)
    const [done, open] = [slice(samples, 0, cut), slice(samples, cut, count)]
    const [first, second] = direction === 'forward' ? [done, open] : [open, done]
    if (first.count > 0) ready.push({ ...piece, samples: first })
    if (second.count > 0) rest.push({ ...piece, samples: second })
  }
  ready.sort((a, b) => a.id - b.id)
  if (ready.length === 0) return { ready: noSamples, rest }
  return { ready: sorted(joined(ready.map(({ samples }) => samples))), rest }
}

/** The index of the first sample after a time. */
export function firstAfter({ times, count }: Samples, time: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) <= time) low = middle + 1
    else high = middle
  }
  return low
}
