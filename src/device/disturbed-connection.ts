import { Observable } from 'rxjs'
import type { Cancel, Clock } from '../model/clock.ts'
import { NotConnected } from '../plugin/facts.ts'
import type { LiveConnection } from './live-connection.ts'

/** What disturbs a connection, as it is at the moment that it is asked. */
export interface Disturbance {
  /** Whether the next request, or the next reading that is pushed, is lost. */
  isLost(): boolean
  /** By how much an answer is late. */
  delayMs(): number
  /** What a reading becomes. */
  disturbed(reading: unknown): unknown
}

/** Where a disturbed connection lives. */
interface Surroundings {
  readonly disturbance: Disturbance
  readonly clock: Clock
  /** Aborted when the connection is closed: then nothing waits any more. */
  readonly signal: AbortSignal
}

/** Readings that were pushed and may be late at the same time; more are lost. */
const lateMax = 1000

/**
 * A connection with a disturbance between it and whoever uses it. Requests that are lost do not reach the device and are
 * never answered; late ones reach it in time and are answered late, so that nothing is done long after its caller gave up.
 */
export function disturbedConnection(connection: LiveConnection, around: Surroundings): LiveConnection {
  const { groups, isConcurrent, methods, readings } = connection
  const asked = <T>(work: () => Promise<T>): Promise<T> => ask(work, around)
  const read = async (work: () => Promise<unknown>) => around.disturbance.disturbed(await asked(work))
  // What has another type than it should is left as it is, for the check of the connection to see.
  return {
    ...connection,
    ...(isConcurrent === undefined ? {} : { isConcurrent }),
    close: typeof connection.close === 'function' ? () => connection.close() : connection.close,
    ...(typeof connection.read === 'function' && { read: () => read(async () => connection.read?.()) }),
    ...(groups && { groups: disturbedGroups(groups, read) }),
    ...(typeof readings?.subscribe === 'function' && { readings: disturbedReadings(readings, around) }),
    ...(typeof connection.write === 'function' && {
      write: (setpoints: Readonly<Record<string, unknown>>) => asked(async () => connection.write?.(setpoints)),
    }),
    ...(methods && { methods: disturbedMethods(methods, asked) }),
  }
}

type DeviceMethods = NonNullable<LiveConnection['methods']>

function disturbedMethods(methods: DeviceMethods, asked: <T>(work: () => Promise<T>) => Promise<T>): DeviceMethods {
  return new Proxy(methods, {
    get(target, name) {
      const run: unknown = Reflect.get(target, name)
      if (typeof run !== 'function') return run
      return (...given: unknown[]) => asked(async () => run.apply(target, given))
    },
  })
}

type Groups = NonNullable<LiveConnection['groups']>

function disturbedGroups(groups: Groups, read: (work: () => Promise<unknown>) => Promise<unknown>): Groups {
  if (!Array.isArray(groups)) return groups
  return (groups as Groups).map((group) =>
    typeof group?.read === 'function' ? { ...group, read: () => read(async () => group.read()) } : group,
  )
}

async function ask<T>(work: () => Promise<T>, around: Surroundings): Promise<T> {
  if (around.disturbance.isLost()) return new Promise<T>(() => {})
  const answer = await work()
  const delayMs = around.disturbance.delayMs()
  if (delayMs > 0) await pause(delayMs, around)
  return answer
}

function pause(ms: number, { clock, signal }: Surroundings): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      cancel()
      reject(new NotConnected('the connection was closed'))
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', give)
      resolve()
    })
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}

/** Late readings keep their order, also when the delay becomes shorter. */
function disturbedReadings(readings: Observable<unknown>, { clock, disturbance }: Surroundings): Observable<unknown> {
  return new Observable((subscriber) => {
    const late = new Set<Cancel>()
    let lastDue = 0
    const subscription = readings.subscribe({
      next: (reading) => {
        if (disturbance.isLost() || late.size >= lateMax) return
        const now = clock.monotonic()
        lastDue = Math.max(late.size > 0 ? lastDue : now, now + disturbance.delayMs())
        if (lastDue === now) {
          subscriber.next(disturbance.disturbed(reading))
          return
        }
        const cancel = clock.after(lastDue - now, () => {
          late.delete(cancel)
          subscriber.next(disturbance.disturbed(reading))
        })
        late.add(cancel)
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    })
    return () => {
      for (const cancel of late) cancel()
      subscription.unsubscribe()
    }
  })
}
