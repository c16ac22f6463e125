import { Head } from './head.ts'

/** Samples that a chunk has, about. */
export const chunkSize = 512

/** One tag of a store: its number, its newest samples, and how far it is in chunks. */
export class TagEntry {
  readonly id: number
  readonly name: string
  readonly head = new Head()
  /** The row of the journal up to which everything is in chunks. */
  sealed: number
  /** The row of the journal with the first sample that is in no chunk; absent when there is none. */
  firstUnsealed: number | undefined
  /** The newest time in the chunks that are in order; what is older than it comes late. */
  lastTime: number
  /** The chunk that holds the beginning of the head too. */
  openChunk: number | undefined
  /** How many samples of the head the open chunk has. */
  openCount = 0
  /** Tells whether there are late chunks, which have to be looked for. */
  hasLate = false
  /** How many samples fill the head. The first time it is different for each tag, so that tags do not all fill at once. */
  fullAt: number

  constructor({
    id,
    name,
    sealed = 0,
    lastTime = Number.NEGATIVE_INFINITY,
  }: {
    id: number
    name: string
    sealed?: number
    lastTime?: number
  }) {
    this.id = id
    this.name = name
    this.sealed = sealed
    this.lastTime = lastTime
    this.fullAt = chunkSize / 2 + ((id * 167) % (chunkSize / 2))
  }
}
