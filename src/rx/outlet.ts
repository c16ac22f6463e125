import { type Observable, Subject } from 'rxjs'

/**
 * Hands values on in the order in which they came, also when a subscriber causes the next one while it is being told of the
 * first: a plain Subject would then tell later subscribers of the second before the first.
 */
export class Outlet<T> {
  readonly #subject = new Subject<T>()
  readonly #waiting: T[] = []
  #isEmitting = false

  /** The values; subscribers see those that come after they subscribed. */
  readonly values$: Observable<T> = this.#subject.asObservable()

  /** Hands a value on, now or after the ones that are being handed on. */
  next(value: T): void {
    this.#waiting.push(value)
    if (this.#isEmitting) return
    this.#isEmitting = true
    try {
      for (let next = 0; next < this.#waiting.length; next++) this.#subject.next(this.#waiting[next] as T)
    } finally {
      this.#waiting.length = 0
      this.#isEmitting = false
    }
  }

  /** Ends the stream. */
  complete(): void {
    this.#subject.complete()
  }
}
