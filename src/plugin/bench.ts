import { deepStrictEqual } from 'node:assert'
import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import { parseConfig } from './config.ts'
import type { BlockPlugin } from './define.ts'
import type { Fields, Values } from './field.ts'

/** A block on the bench: it is computed by hand, at times that the test chooses. */
export interface BlockBench<I extends Fields, O extends Fields, S extends object> {
  /** Computes it at a time in seconds since the start, which must not go back. Optional inputs may be left out. */
  at(seconds: number, inputs: Partial<Values<I>>): Values<O>
  /** Its memory as it is now. */
  readonly memory: S
  /** In how many seconds it wants to be computed again, as of its last turn; undefined when it does not. */
  readonly wake: number | undefined
}

/** Sets up a block with a raw configuration, as a pipeline file has it; defaults are filled in. Throws when it does not fit. */
export function runBlock<C extends Fields, I extends Fields, O extends Fields, S extends object>(
  plugin: BlockPlugin<C, I, O, S>,
  config: unknown = {},
): BlockBench<I, O, S> {
  const values = usable(plugin, config)
  const memory = plugin.memory(values)
  let last: number | undefined
  let wake: number | undefined
  return {
    memory,
    get wake() {
      return wake
    },
    at(seconds, inputs) {
      if (last !== undefined && seconds < last) throw new RangeError(`time goes back from ${last} s to ${seconds} s`)
      const elapsed = last === undefined ? 0 : seconds - last
      const moment = {
        time: seconds * 1000,
        elapsed,
        isFirst: last === undefined,
        wakeIn: (wish: number) => {
          wake = wish
        },
      }
      last = seconds
      wake = undefined
      return plugin.compute(inputs as Values<I>, values, memory, moment)
    },
  }
}

/** The values of a raw configuration; throws an error that names every issue and every complaint of the plugin. */
export function usable<C extends Fields>(
  plugin: { readonly type: string; readonly config?: C; check?(config: Values<C>): readonly string[] },
  config: unknown,
): Values<C> {
  const parsed = parseConfig(plugin.config, config)
  const issues = parsed.issues?.map(({ message, remedy }) => `${message} (${remedy})`)
  const complaints = issues ?? plugin.check?.(parsed.values as Values<C>) ?? []
  if (complaints.length > 0) throw new Error(`config of ${plugin.type}: ${complaints.join('; ')}`)
  return parsed.values as Values<C>
}

/** Runs a marble test of an operator: `marbles(({ hot, expectObservable }) => { ... })`. */
export function marbles<T>(test: (helpers: RunHelpers & { readonly scheduler: TestScheduler }) => T): T {
  const scheduler = new TestScheduler((actual, expected) => deepStrictEqual(actual, expected))
  return scheduler.run((helpers) => test({ ...helpers, scheduler }))
}
