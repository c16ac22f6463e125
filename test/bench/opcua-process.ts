import { type ChildProcess, fork } from 'node:child_process'

/** What a child process can be asked; arguments and answers travel as JSON. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** Answers what the parent process asks. The process ends when the parent has gone, however it went. */
export function answerParent(answers: Answers): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (message) => {
    const { id, name, argument } = message as Question
    const answer = async (): Promise<unknown> => await answers[name]?.(argument as never)
    answer().then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: String((error as Error)?.stack ?? error) } satisfies Answer),
    )
  })
}

/** A child process that is asked things one after the other or at the same time. */
export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>()
  #lastId = 0

  /** Starts a TypeScript file of this folder. */
  constructor(file: string, options: readonly string[] = []) {
    this.#process = fork(`${import.meta.dirname}/${file}`, [], { execArgv: [...process.execArgv, ...options] })
    this.#process.on('message', (message) => this.#take(message as Answer))
    this.#process.on('exit', (code) => this.#fail(new Error(`${file} ended with ${code}`)))
  }

  /** Asks for something and waits for the answer; rejects when the process ends first. */
  ask<Result>(name: string, argument: unknown = null): Promise<Result> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.send({ id, name, argument } satisfies Question)
    })
  }

  /** Ends the process and waits until it has gone. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const hasGone = new Promise((resolve) => this.#process.once('exit', resolve))
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000)
    await hasGone
    clearTimeout(timer)
  }

  #take({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result as never)
    else waiting?.reject(new Error(error))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
