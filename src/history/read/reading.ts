import { type ProcessedRequest, readProcessed } from '../aggregate/processed.ts'
import type { HistoryStore, Page, PageRequest } from '../history-store.ts'
import { samplesFrom } from '../samples.ts'
import { type AtTimeRequest, readAtTime } from './at-time.ts'

/** A read of one tag that may be long, as plain data: it can be done here or in another thread. */
export type Reading =
  | { readonly kind: 'raw'; readonly request: PageRequest }
  | { readonly kind: 'atTime'; readonly request: AtTimeRequest }
  | { readonly kind: 'processed'; readonly request: ProcessedRequest }

/** What reading needs of a store. */
export type Readable = Pick<HistoryStore, 'readPage' | 'scan' | 'neighbours' | 'neighboursOfAll'>

/** Reads: a page of raw samples, or all values at given times or of intervals, by column and in the order asked. */
export async function read(store: Readable, reading: Reading): Promise<Page> {
  switch (reading.kind) {
    case 'raw':
      return store.readPage(reading.request)
    case 'atTime':
      return { samples: samplesFrom(await readAtTime(store, reading.request)) }
    case 'processed':
      return { samples: samplesFrom(await readProcessed(store, reading.request)) }
    default:
      return reading satisfies never
  }
}
