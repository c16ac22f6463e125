import type { DurableState } from './durable-state.ts'
import type { Historian } from './historian.ts'
import type { RunsView } from './opcua/runs-view.ts'

/** What clients may ask about runs: samples by the historian, and the runs themselves by what is kept of the plant. */
export function runsViewOf({
  history,
  state,
}: {
  readonly history: Historian | undefined
  readonly state: DurableState | undefined
}): RunsView | undefined {
  if (!history || !state) return undefined
  return { producer: (request) => history.findProducer(request), run: (runId) => state.run(runId) }
}
