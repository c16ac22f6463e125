import type { Resources } from './resources.ts'

/** What there may be too little of. */
export interface Scarcity {
  readonly handles: boolean
  readonly heap: boolean
}

/** There is enough of everything. */
export const plenty: Scarcity = { handles: false, heap: false }

/** Shares of the heap from which on, and below which no more, it is scarce. */
const heapScarce = 0.85
const heapEnough = 0.75

/**
 * Judges what is scarce by what was before and the newest looks, so that it does not change to and fro.
 *
 * The heap is scarce when all looks say so: what waits to be collected fills it for a moment.
 */
export function scarcityOf(before: Scarcity, looks: readonly Resources[]): Scarcity {
  const newest = looks.at(-1)
  if (!newest) return before
  const shares = looks.map(({ heap, heapMax }) => heap / heapMax)
  return {
    handles: areHandlesScarce(before.handles, newest),
    heap: before.heap ? !shares.every((share) => share < heapEnough) : shares.every((share) => share > heapScarce),
  }
}

/** What stays free for what runs already: its devices, its databases, and an administrator's files. */
export function reservedHandles(handlesMax: number): number {
  return Math.min(64, Math.floor(handlesMax / 4))
}

function areHandlesScarce(wereScarce: boolean, { handles, handlesMax }: Resources): boolean {
  if (handles === undefined || handlesMax === undefined) return false
  const reserved = reservedHandles(handlesMax)
  const free = handlesMax - handles
  return wereScarce ? free < reserved * 1.5 : free < reserved
}

/** What to say of scarcity, with the remedy; empty when nothing is scarce. */
export function scarcityText({ handles, heap }: Scarcity, { handlesMax, heapMax }: Resources): string {
  const parts = [
    ...(handles
      ? [`nearly all of the ${handlesMax} file handles of the process are in use; raise the limit (ulimit -n)`]
      : []),
    ...(heap
      ? [
          `nearly all of the ${Math.round(heapMax / 1024 / 1024)} MiB of memory are in use; raise it (NODE_OPTIONS=--max-old-space-size)`,
        ]
      : []),
  ]
  return parts.length === 0 ? '' : `${parts.join('; ')}; until there is more, new clients are refused`
}
