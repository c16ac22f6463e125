import type { Clock } from './model/clock.ts'
import type { PlantEvent } from './model/event.ts'
import type { Sample, TagSample } from './model/sample.ts'
import { ownerOf } from './model/tag.ts'
import type { RememberedPipeline, RememberedRuns } from './pipeline/remembered.ts'
import type { StoredParameter, StoredProgram } from './store/plant-state-store.ts'
import type { StoredRun } from './store/run-store.ts'
import type { Store } from './store/store.ts'

/** A run that the end of the program has cut off. */
type CutOff = Extract<PlantEvent, { kind: 'runCutOff' }>

/** What was found in the database when the program started. */
export interface RecoveredState {
  readonly programs: readonly StoredProgram[]
  readonly parameters: readonly StoredParameter[]
  readonly values: ReadonlyMap<string, Sample>
  readonly remembered: ReadonlyMap<string, RememberedPipeline>
  /** What is to be told of the runs that were cut off. */
  readonly cutOff: readonly CutOff[]
}

type Stores = Pick<Store<unknown>, 'runs' | 'plantState' | 'lastValues'>

/** Ends the runs that a crash has cut off, and tells how the plant was. */
export async function recoverState(stores: Stores, clock: Clock): Promise<RecoveredState> {
  const values = await stores.lastValues.load()
  const cutOff = await endOpenRuns(stores, { values, clock })
  const programs = await stores.plantState.programs()
  const parameters = await stores.plantState.parameters()
  const stateById = new Map(programs.map(({ pipeline, state }) => [pipeline, state]))
  const parametersById = Map.groupBy(parameters, ({ pipeline }) => pipeline)
  const samplesById = Map.groupBy(values, ([tag]) => ownerOf(tag))
  const remembered = new Map<string, RememberedPipeline>()
  for (const id of new Set([...stateById.keys(), ...parametersById.keys(), ...samplesById.keys()])) {
    const own = parametersById.get(id) ?? []
    remembered.set(id, {
      state: stateById.get(id),
      parameters: new Map(own.map(({ name, sample }) => [name, sample])),
      samples: new Map(samplesById.get(id)),
      runs: runsOf(await stores.runs.summary(id)),
    })
  }
  return { programs, parameters, values, remembered, cutOff }
}

/** What the outputs were is known to within the time between two looks at them, which is better than nothing. */
async function endOpenRuns(
  { runs }: Stores,
  { values, clock }: { readonly values: ReadonlyMap<string, Sample>; readonly clock: Clock },
): Promise<readonly CutOff[]> {
  const cutOff: CutOff[] = []
  for (const { runId, pipeline, startedAt } of await runs.open()) {
    const results = resultsOf(pipeline, values)
    const error = 'the program ended while it ran'
    const time = clock.now()
    await runs.end(runId, { endedAt: time, outcome: 'Halted', cycles: 0, results, error })
    const message = `run ${runId} of pipeline ${pipeline} was cut off when the program ended; it is kept as Halted`
    cutOff.push({ kind: 'runCutOff', pipeline, runId, startedAt, time, message })
  }
  return cutOff
}

function resultsOf(pipeline: string, values: ReadonlyMap<string, Sample>): readonly TagSample[] {
  const outputs = [...values].filter(([tag]) => tag.startsWith(`${pipeline}.`))
  return outputs.map(([tag, sample]) => ({ tag, sample }))
}

function runsOf({ newest, count }: { newest?: StoredRun | undefined; count: number }): RememberedRuns | undefined {
  if (!newest?.end) return undefined
  const { outcome, error = '', results } = newest.end
  return { count, lastOutcome: outcome, lastError: error, results }
}
