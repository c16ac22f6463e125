import type { UAVariable } from 'node-opcua'
import type { Subscription } from 'rxjs'
import type { PipelineDescription } from '../../model/port.ts'
import type { SpaceContext } from '../space-context.ts'
import { jobRows } from './job-rows.ts'
import type { JobsView } from './jobs-view.ts'
import { LazyVariable } from './lazy-variable.ts'

/** The variables that show the job orders of a piece of equipment. */
export interface ListVariables {
  /** JobOrderList. */
  readonly orders: UAVariable
  /** JobOrderResponseList. */
  readonly responses: UAVariable
}

interface Shown {
  readonly variables: ListVariables
  readonly lists: readonly LazyVariable[]
}

/** Lets JobOrderList and JobOrderResponseList of all equipment follow the job orders. */
export class JobLists {
  readonly #context: SpaceContext
  readonly #shown = new Map<string, Shown>()
  /** What else hears of changes, by pipeline. */
  readonly #watchers = new Map<string, { readonly equipment: string; readonly changed: () => void }>()

  constructor(context: SpaceContext) {
    this.#context = context
  }

  /** Shows the job orders of a piece of equipment in variables; a builder may say it again. */
  show(jobs: JobsView, equipment: string, variables: ListVariables): void {
    const before = this.#shown.get(equipment)
    if (before?.variables.orders === variables.orders && before.variables.responses === variables.responses) return
    this.forget(equipment)
    const rows = jobRows(this.#context.addressSpace)
    const lists = [
      new LazyVariable(variables.orders, () => rows.orders(jobs.list(equipment))),
      new LazyVariable(variables.responses, () => rows.responses(jobs.list(equipment))),
    ]
    this.#shown.set(equipment, { variables, lists })
  }

  /** The equipment takes no job orders any more. */
  forget(equipment: string): void {
    for (const list of this.#shown.get(equipment)?.lists ?? []) list.stop()
    this.#shown.delete(equipment)
  }

  /** Calls back after each change in the list that the orders of a pipeline are in, instead of what was called before. */
  watch({ id, equipment }: Pick<PipelineDescription, 'id' | 'equipment'>, changed: () => void): void {
    this.#watchers.set(id, { equipment, changed })
  }

  /** The pipeline is gone. */
  unwatch(pipeline: string): void {
    this.#watchers.delete(pipeline)
  }

  /** Begins to follow; ends with what is returned. */
  follow({ changes$ }: JobsView): Subscription {
    const subscription = changes$.subscribe((equipment) => {
      for (const watcher of this.#watchers.values()) if (watcher.equipment === equipment) watcher.changed()
      for (const list of this.#shown.get(equipment)?.lists ?? []) list.changed()
    })
    subscription.add(() => {
      for (const equipment of [...this.#shown.keys()]) this.forget(equipment)
    })
    return subscription
  }
}
