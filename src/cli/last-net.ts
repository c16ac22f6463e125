import type { Logger } from 'pino'
import { type Observable, Subject } from 'rxjs'
import { type Clock, systemClock } from '../model/clock.ts'
import { guardProcess } from './guard-process.ts'

/** A net under a plant that runs. */
export interface Net {
  /** Resolves when something is broken that only a restart of the program repairs. */
  readonly broken: Promise<void>
  /** One value for each rejection that nobody took, plugins' own ones aside. */
  readonly rejections$: Observable<unknown>
  remove(): void
}

/** Errors of one plugin file that are told one by one, and how often the others are told together. */
const toldMax = 3
const tellEveryMs = 60_000

/**
 * Keeps a plant running when a plugin throws in a timer or a subscription of its own, or leaves a rejection to nobody: that is
 * logged with the file, three times and then once a minute with a count. Whatever else nobody caught is logged with its stack;
 * after an exception, and after three rejections within a minute, nobody knows any more what is true, so the plant is to be
 * stopped in order and started anew.
 */
export function spreadNet(log: Logger, clock: Clock = systemClock): Net {
  const strays = new Map<string, { count: number; untold: number; toldAt: number }>()
  const stray = (error: unknown, file: string): void => {
    const state = strays.get(file) ?? { count: 0, untold: 0, toldAt: 0 }
    strays.set(file, state)
    state.count += 1
    state.untold += 1
    const now = clock.monotonic()
    if (state.count > toldMax && now - state.toldAt < tellEveryMs) return
    const times = state.untold === 1 ? '' : ` (${state.untold} times)`
    Object.assign(state, { untold: 0, toldAt: now })
    const remedy = 'catch it there, or let the plugin be isolated'
    log.error(
      { err: error },
      `a plugin did not catch an error of its own in ${file}${times}; everything else goes on; ${remedy}`,
    )
  }
  const { promise: broken, resolve } = Promise.withResolvers<void>()
  const rejections = new Subject<number>()
  const remove = guardProcess({
    clock,
    onStray: stray,
    onUnhandled: (reason, count) => {
      log.error({ err: reason }, `a rejection was left to nobody (the ${count}. one)`)
      rejections.next(count)
    },
    onRestart: () => {
      log.fatal(
        'three rejections were left to nobody within a minute; the plant is stopped and has to be started again',
      )
      resolve()
    },
    onUncaught: (error) => {
      log.fatal({ err: error }, 'an error was caught by nobody; the plant is stopped and has to be started again')
      resolve()
    },
  })
  return { broken, rejections$: rejections.asObservable(), remove }
}
