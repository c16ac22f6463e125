import type { Clock } from '../../model/clock.ts'
import type { Terminal } from '../terminal.ts'

/** Pause between two writes of the line, in milliseconds. */
const everyMs = 200

/** One line on a terminal that tells how far something is; nothing where standard error is no terminal. */
export class Progress {
  readonly #terminal: Terminal
  readonly #clock: Pick<Clock, 'monotonic'>
  #next: number
  #isShown = false

  constructor(terminal: Terminal, clock: Pick<Clock, 'monotonic'>) {
    this.#terminal = terminal
    this.#clock = clock
    this.#next = clock.monotonic() + everyMs
  }

  /** Shows a text in the place of the last one, now and then. */
  show(text: () => string): void {
    if (!this.#terminal.isLive || this.#clock.monotonic() < this.#next) return
    this.#next = this.#clock.monotonic() + everyMs
    this.#isShown = true
    this.#terminal.err(`\r${text()}\x1b[K`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#terminal.err('\r\x1b[K')
    this.#isShown = false
  }
}
