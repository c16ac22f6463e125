import type { Corruption } from '../../history/store/around.ts'
import { countText } from './quantities.ts'

/** Damage that was met while history was read. */
export class Damage {
  #chunks = 0
  #lost = 0

  add(corruption: Corruption): void {
    if (corruption.kind === 'chunk') this.#chunks++
    else this.#lost += corruption.lost
  }

  /** What to tell about it, one sentence each. */
  lines(): readonly string[] {
    const [chunks, lost] = [this.#chunks, this.#lost]
    const remedy = 'restore a backup, if they matter'
    return [
      ...(chunks > 0
        ? [
            `${countText(chunks, 'block')} of the history are damaged; each reads as one BadDataLost with the count lost; ${remedy}`,
          ]
        : []),
      ...(lost > 0 ? [`${countText(lost, 'sample')} that were written last are damaged and left out; ${remedy}`] : []),
    ]
  }
}
