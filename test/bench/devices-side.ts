/** What a side is to do: poll these devices, each with a period of its own, and all of its registers in one request. */
export interface Task {
  readonly devices: readonly { readonly port: number; readonly everyMs: number }[]
  readonly registers: number
}

/** What a side did in a while. */
export interface Effort {
  /** Seconds of CPU per second. */
  readonly cpu: number
  readonly rssMib: number
  /** Milliseconds by which each answer came later than the earliest one of its device would have it. */
  readonly lateness: readonly number[]
  readonly answerCount: number
  readonly skipped: number
}

/** Notes when answers come. */
export class Answers {
  readonly #timesByDevice = new Map<number, number[]>()

  /** An answer of a device has come, at a time in milliseconds. */
  add(device: number, time: number): void {
    const times = this.#timesByDevice.get(device)
    if (times) times.push(time)
    else this.#timesByDevice.set(device, [time])
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#timesByDevice.clear()
  }

  /** How many have come. */
  get count(): number {
    return [...this.#timesByDevice.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** How late each was, against a grid through the earliest answer of its device. */
  lateness(devices: Task['devices']): number[] {
    return [...this.#timesByDevice].flatMap(([device, times]) => {
      const everyMs = devices[device]?.everyMs ?? Number.NaN
      const [first = 0] = times
      const offsets = times.map((time) => time - first - everyMs * Math.round((time - first) / everyMs))
      const earliest = Math.min(...offsets)
      return offsets.map((offset) => offset - earliest)
    })
  }
}

/** Measures the process for a while, once it has settled. */
export async function measured(
  { devices }: Task,
  answers: Answers,
  { settleMs, forMs, skipped }: { settleMs: number; forMs: number; skipped: () => number },
): Promise<Effort> {
  await sleep(settleMs)
  answers.clear()
  const skippedBefore = skipped()
  const [cpu, begun] = [process.cpuUsage(), performance.now()]
  await sleep(forMs)
  const { user, system } = process.cpuUsage(cpu)
  return {
    cpu: (user + system) / 1000 / (performance.now() - begun),
    rssMib: process.memoryUsage().rss / 2 ** 20,
    lateness: answers.lateness(devices),
    answerCount: answers.count,
    skipped: skipped() - skippedBefore,
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
