import type { Samples } from '../samples.ts'
import type { ChunkRow, Decode } from './chunk-reader.ts'

/** Chunks that are kept decoded: a day of 1 Hz has 170, and who looks at it looks again. Of numbers they are 10 KB each. */
const chunksMax = 256
/** Bytes that the chunks kept have in the file, so that long texts do not fill the memory. */
const bytesMax = 2 * 1024 * 1024

interface Kept {
  readonly bytes: number
  readonly checkSum: number
  readonly samples: Samples
}

/** Decodes a chunk once while it is among those used last. A chunk that was rewritten has another check sum. */
export class ChunkCache {
  readonly #chunks = new Map<number, Kept>()
  #bytes = 0

  /** The samples of a chunk; they are shared and must not be changed. Without `isKept` a new one is not remembered. */
  get(row: ChunkRow, decode: Decode, isKept = true): Samples {
    const [bytes, checkSum] = [row.blob.length, checkSumOf(row.blob)]
    const known = this.#chunks.get(row.id)
    const isSame = known?.checkSum === checkSum && known.bytes === bytes
    const samples = isSame ? known.samples : decode(row)
    if (!isKept && isSame) return samples
    this.#forget(row.id)
    if (!isKept || bytes > bytesMax) return samples
    this.#chunks.set(row.id, { bytes, checkSum, samples })
    this.#bytes += bytes
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= chunksMax && this.#bytes <= bytesMax) break
      this.#forget(oldest)
    }
    return samples
  }

  #forget(id: number): void {
    this.#bytes -= this.#chunks.get(id)?.bytes ?? 0
    this.#chunks.delete(id)
  }
}

/** The check sum stands behind the byte of the version. */
function checkSumOf(blob: Uint8Array): number {
  const byte = (index: number): number => blob[index] ?? 0
  return byte(1) | (byte(2) << 8) | (byte(3) << 16) | (byte(4) << 24)
}
