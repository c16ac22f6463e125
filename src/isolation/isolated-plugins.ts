import { basename } from 'node:path'
import type { Clock } from '../model/clock.ts'
import type { IsolationLimits, StepPlugin } from '../plugin/define.ts'
import type { ModuleOf } from '../plugin/module-of.ts'
import type { SentAnswer, ToThread } from './message.ts'
import type { OpenStep } from './thread-keeper.ts'
import { ThreadKeeper } from './thread-keeper.ts'

/** What a plugin has unless it says otherwise. */
export const isolationDefaults = { memoryMiB: 64, deadlineMs: 500 } as const

/** What isolation needs. */
export interface IsolationOptions {
  readonly clock: Clock
  readonly log: { debug(message: string): void }
  /** The module that a plugin came from; undefined when it was not loaded from one. */
  readonly moduleOf: (plugin: StepPlugin) => ModuleOf | undefined
  /** Says why a module must not be loaded again; undefined when it may. */
  readonly refusal?: ((module: ModuleOf) => Promise<string | undefined>) | undefined
}

/** A step that is to run in a thread. */
export interface IsolatedUse extends Omit<OpenStep, 'use'> {
  readonly plugin: StepPlugin
  readonly config: Readonly<Record<string, unknown>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly deadlineMs: number | undefined
}

/** At most so many lines that plugins write go into the log, for each module. */
const linesMax = 100

/**
 * Runs the steps of isolated plugins in worker threads, one for each module: a step that hangs takes the steps of its own module
 * with it and no others, and a module that is used a hundred times needs one thread. A thread costs some ten MiB, so threads are
 * shared by steps, but never by modules.
 */
export class IsolatedPlugins {
  readonly #options: IsolationOptions
  readonly #keeperByUrl = new Map<string, ThreadKeeper>()

  constructor(options: IsolationOptions) {
    this.#options = options
  }

  /** Makes a place for a step, and starts the thread of its module when it does not run. */
  open({ plugin, config, inputs, outputs, owner, deadlineMs, onReady, onLate }: IsolatedUse): IsolatedStep {
    const keeper = this.#keeperOf(plugin)
    const use = { type: plugin.type, config, inputs, outputs }
    const deadline = deadlineMs ?? limitsOf(plugin).deadlineMs ?? isolationDefaults.deadlineMs
    return new IsolatedStep(keeper, { use, owner, onReady, onLate }, deadline)
  }

  /** Gives plugins that were given up another chance: those named, or all. */
  forgive(plugins?: readonly StepPlugin[]): void {
    const urls = plugins?.map((plugin) => this.#options.moduleOf(plugin)?.url ?? '')
    for (const [url, keeper] of this.#keeperByUrl) if (urls === undefined || urls.includes(url)) keeper.forgive()
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#keeperByUrl.values()].map((keeper) => keeper.end()))
    this.#keeperByUrl.clear()
  }

  #keeperOf(plugin: StepPlugin): ThreadKeeper {
    const module = this.#options.moduleOf(plugin)
    if (!module) throw new TypeError(`plugin ${plugin.type} was not loaded from a module, so it cannot be isolated`)
    const known = this.#keeperByUrl.get(module.url)
    if (known) return known
    const { clock, log, refusal } = this.#options
    const keeper = new ThreadKeeper({
      ...{ url: module.url, origin: module.origin, name: basename(module.origin), clock },
      memoryMiB: memoryOf(module.plugins),
      onText: limitedTo(linesMax, (text) =>
        log.debug(`${basename(module.origin)} wrote: ${text.slice(0, 1000).trimEnd()}`),
      ),
      refusal: async () => refusal?.(module),
    })
    this.#keeperByUrl.set(module.url, keeper)
    return keeper
  }
}

/** One step in its thread. */
export class IsolatedStep {
  readonly #keeper: ThreadKeeper
  readonly #id: number
  readonly #deadlineMs: number
  readonly #begunAt: number

  constructor(keeper: ThreadKeeper, step: OpenStep, deadlineMs: number) {
    this.#keeper = keeper
    this.#deadlineMs = deadlineMs
    this.#begunAt = keeper.beginnings
    this.#id = keeper.open(step)
  }

  /** Whether there is a thread, or a reason why there is none. */
  get isReady(): boolean {
    return this.#keeper.isReady
  }

  /** How often its memory has begun anew. */
  get beginnings(): number {
    return this.#keeper.beginnings - this.#begunAt
  }

  /** Computes it once. */
  turn(
    turn: Pick<Extract<ToThread, { readonly kind: 'turn' }>, 'inputs'> & { readonly moment?: Moment },
  ): Promise<SentAnswer> {
    return this.#keeper.turn(this.#id, { inputs: turn.inputs, moment: turn.moment }, this.#deadlineMs)
  }

  /** Its late emissions have been taken. */
  acknowledge(): void {
    this.#keeper.taken(this.#id)
  }

  /** Forgets it. */
  close(): void {
    this.#keeper.close(this.#id)
  }
}

type Moment = Extract<ToThread, { readonly kind: 'turn' }>['moment']

function limitsOf({ isolated }: StepPlugin): IsolationLimits {
  return typeof isolated === 'object' ? isolated : {}
}

/** The plugins of a module share its thread, so it gets what the greediest of them asks for. */
function memoryOf(plugins: readonly StepPlugin[]): number {
  return Math.max(
    ...plugins
      .filter(({ isolated }) => isolated)
      .map((each) => limitsOf(each).memoryMiB ?? isolationDefaults.memoryMiB),
  )
}

function limitedTo(max: number, take: (text: string) => void): (text: string) => void {
  let count = 0
  return (text) => {
    if (++count <= max) take(text)
  }
}
