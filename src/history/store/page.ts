import { bytesOf } from '../../model/value.ts'
import type { Page, PageRequest, Position } from '../history-store.ts'
import { firstAt, isTyped, joined, noSamples, pick, type Samples, slice } from '../samples.ts'
import { type Direction, firstAfter } from './merge.ts'

/** A range with both ends included, and the direction of reading. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly direction: Direction
}

/** The range of a request; an end that is not included is known by {@link Range} plus {@link PageCollector}. */
export function rangeOf({ start, end, after }: PageRequest): Range {
  const begin = after ? after.time : start
  return start <= end ? { from: begin, to: end, direction: 'forward' } : { from: end, to: begin, direction: 'backward' }
}

/** Collects blocks until a page is full. */
export class PageCollector {
  readonly #request: PageRequest
  readonly #direction: Direction
  readonly #parts: Samples[] = []
  #count = 0
  #bytes = 0
  #last: Position | undefined
  #isFull = false

  constructor(request: PageRequest) {
    this.#request = request
    this.#direction = request.start <= request.end ? 'forward' : 'backward'
  }

  /** Takes a block; tells whether the page is full and there is more. */
  add(block: Samples): boolean {
    const [from, to] = this.#wanted(block)
    const room = Math.min(this.#request.limit - this.#count, to - from)
    const taken = this.#fitting(block, this.#direction === 'forward' ? from : to - 1, room)
    this.#isFull = to - from > taken
    if (taken > 0) {
      const [first, end] = this.#direction === 'forward' ? [from, from + taken] : [to - taken, to]
      this.#parts.push(slice(block, first, end))
      this.#count += taken
      this.#last = positionIn(block, this.#direction === 'forward' ? end - 1 : first)
    }
    return this.#isFull
  }

  /** The page, in the order of reading. */
  page(): Page {
    const samples = this.#parts.length === 0 ? noSamples : joined(this.#inOrder())
    return this.#isFull && this.#last ? { samples, next: this.#last } : { samples }
  }

  /** How many of the samples that come next are short enough for the page. */
  #fitting({ values }: Samples, first: number, room: number): number {
    const { bytesMax = Number.POSITIVE_INFINITY } = this.#request
    if (isTyped(values)) return room
    const step = this.#direction === 'forward' ? 1 : -1
    for (let taken = 0; taken < room; taken++) {
      this.#bytes += bytesOf(values[first + taken * step])
      if (this.#bytes > bytesMax && this.#count + taken > 0) return taken
    }
    return room
  }

  #inOrder(): Samples[] {
    if (this.#direction === 'forward') return this.#parts
    return this.#parts.map((part) => {
      const indices = new Uint32Array(part.count)
      for (let index = 0; index < part.count; index++) indices[index] = part.count - 1 - index
      return pick(part, indices)
    })
  }

  /** The indices of a block that are within the range and behind the position. */
  #wanted(block: Samples): [number, number] {
    const { end, isEndIncluded, start, after } = this.#request
    const skipsEnd = !isEndIncluded && start !== end
    if (this.#direction === 'forward') {
      return [after ? indexFrom(block, after, 1) : 0, skipsEnd ? firstAt(block, end) : block.count]
    }
    return [skipsEnd ? firstAfter(block, end) : 0, after ? indexFrom(block, after, 0) : block.count]
  }
}

/** The index of a position in a block, plus `more`, but not beyond the samples of its time, which may be fewer than before. */
function indexFrom(block: Samples, { time, ordinal }: Position, more: 0 | 1): number {
  return Math.min(firstAt(block, time) + ordinal + more, firstAfter(block, time))
}

/** The position of a sample of a block; all samples of its time are in the block. */
function positionIn(block: Samples, index: number): Position {
  const time = block.times[index] as number
  return { time, ordinal: index - firstAt(block, time) }
}
