import { merge, type Observable, Subscription } from 'rxjs'
import type { DurableState } from './durable-state.ts'
import { ServerHealth } from './health/server-health.ts'
import type { Historian } from './historian.ts'
import type { Clock } from './model/clock.ts'
import { diagnosticTag, historianOwner } from './model/diagnostics.ts'
import type { PlantView } from './opcua/plant-view.ts'
import type { RunningServer } from './opcua/server.ts'
import type { PlantParts } from './plant-parts.ts'

/** A program that somebody starts anew is ended when its event loop has stood still for so long, in milliseconds. */
const hungMs = 60_000

/** What whoever supervises the program tells it, so that it ends itself when it hangs. */
export function endHungMsOf(environment: NodeJS.ProcessEnv = {}): number | undefined {
  return environment.MILLRACE_SUPERVISED ? hungMs : undefined
}

/** Who has a part in the health of a plant. */
export interface HealthParts {
  readonly parts: PlantParts
  readonly server: RunningServer
  /** One value for each rejection that nobody took. */
  readonly rejections$: Observable<unknown> | undefined
}

/** The health of a plant: it hears of what troubles the plant, and tells the server and the plant's events. */
export class PlantHealth {
  readonly #health: ServerHealth
  readonly #subscription = new Subscription()

  constructor(options: {
    readonly clock: Clock
    readonly historian: () => Historian | undefined
    readonly state: DurableState | undefined
  }) {
    this.#health = new ServerHealth({
      clock: options.clock,
      troubles: () => ({
        history: historyTrouble(options.historian()),
        state: stateTrouble(options.state),
      }),
    })
  }

  /** Everything has waited for so many milliseconds. */
  stalled(durationMs: number): void {
    this.#health.stalled(durationMs)
  }

  /** Lets a view show it. */
  show(view: PlantView): PlantView {
    const { latest } = view
    return Object.defineProperties(view, {
      hasHealth: { value: true },
      samples$: { value: merge(view.samples$, this.#health.samples$) },
      latest: { value: (tag: string) => latest.call(view, tag) ?? this.#health.latest(tag) },
    })
  }

  /** Begins to look, when everything runs. */
  start({ parts, server, rejections$ }: HealthParts): void {
    this.#subscription.add(this.#health.events$.subscribe((event) => parts.tell(event)))
    this.#subscription.add(this.#health.refusing$.subscribe((isRefusing) => server.refuse(isRefusing)))
    this.#subscription.add(rejections$?.subscribe(() => this.#health.rejected()))
    this.#health.start()
  }

  /** The plant is about to be stopped. */
  stopping(): void {
    this.#health.stopping()
    this.#health.stop()
  }

  /** Tells nothing more; calling it again does nothing. */
  stop(): void {
    this.#health.stop()
    this.#subscription.unsubscribe()
  }
}

function historyTrouble(historian: Historian | undefined): string {
  const figure = (name: string): string => String(historian?.latest(diagnosticTag(historianOwner, name))?.value ?? '')
  const state = figure('state')
  return ['', 'Ok'].includes(state) ? '' : `history is not kept as it should (${state}): ${figure('reason')}`
}

function stateTrouble(state: DurableState | undefined): string {
  const reason = state?.health.reason
  return reason === undefined ? '' : `the state of the plant is not kept: ${reason}`
}
