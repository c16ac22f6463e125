import type { Samples } from '../samples.ts'
import type { ChunkRow, Decode } from './chunk-reader.ts'

/** Chunks that are kept decoded: reads around a time, and pages of a range, come back to the same ones. */
const chunksMax = 64

/** Decodes a chunk once while it is among those used last. A chunk that was rewritten has another check sum. */
export class ChunkCache {
  readonly #decode: Decode
  readonly #chunks = new Map<number, { readonly head: string; readonly samples: Samples }>()

  constructor(decode: Decode) {
    this.#decode = decode
  }

  /** The samples of a chunk; they are shared and must not be changed. */
  get(row: ChunkRow): Samples {
    const head = `${row.blob.length} ${row.blob.subarray(0, 5).join()}`
    const known = this.#chunks.get(row.id)
    this.#chunks.delete(row.id)
    const chunk = known?.head === head ? known : { head, samples: this.#decode(row) }
    this.#chunks.set(row.id, chunk)
    if (this.#chunks.size > chunksMax) this.#chunks.delete(this.#chunks.keys().next().value ?? row.id)
    return chunk.samples
  }
}
