import { DataType, type ExtensionObject } from 'node-opcua'
import type { JobState } from '../../../src/model/job.ts'
import { type ScratchPlant, startScratch } from '../../kit/scratch-plant.ts'
import { type JobClient, jobClient } from './job-client.ts'

/** Path of the unit of the pipelines. */
export const mixer = 'Acme/Mixer'

const pipeline = (id: string, run: string): string => `pipeline: ${id}
name: The ${id}
equipment: ${mixer}
run: ${run}
start: manual
parameters:
  volume: { type: Double, unit: l, min: 0, max: 100, default: 10, description: How much. }
  count: { type: Int32, min: 1, default: 3 }
  total: { type: Int64, default: 5 }
  due: { type: DateTime, default: '2026-01-02T03:04:05Z' }
  fast: { type: Boolean, default: false }
  batch: { type: String, default: none }
steps:
  sum: { function: ADD, in: { a: $volume, b: 0.5 } }
outputs:
  mixed: { from: sum.result, min: 0, max: 200 }
`

/** A unit with a pipeline that runs until it is stopped, and one whose runs are over at once. */
export const jobFiles = {
  'plant.yaml': `plant: line
server: { port: 0, anonymous: observe, security: { unsecured: true } }
jobs: { afterAbort: continue }
equipment:
  Acme: { level: Enterprise }
  ${mixer}: { level: WorkUnit }
`,
  'pipelines/mix.yaml': pipeline('mix', '{ every: 20ms }'),
  'pipelines/quick.yaml': pipeline('quick', 'once'),
}

/** A plant that takes job orders, and an MES that may do everything with them. */
export interface RealPlant {
  readonly scratch: ScratchPlant
  readonly mes: JobClient
  /** Makes a job order for `mix` that is in a state, as far as clients can bring it there. */
  orderIn(state: JobState, id: string, fields?: object): Promise<ExtensionObject>
  /** Waits for a job order to be in a state. */
  stateIs(id: string, state: JobState): Promise<void>
  /** Ends and takes off whatever is in the list, and makes the pipelines ready. */
  clean(): Promise<void>
}

/** Far away enough for a job order to wait. */
export const later = new Date('2100-01-01T00:00:00Z')

/** Starts a plant with job control. */
export async function startReal(files: Readonly<Record<string, string>> = jobFiles): Promise<RealPlant> {
  const scratch = await startScratch(files)
  const mes = await jobClient(await scratch.connect('Supervisor'), mixer)
  const stateIs = async (id: string, state: JobState): Promise<void> => {
    const end = performance.now() + 10_000
    for (;;) {
      const found = (await mes.states())[id]
      if (found === state) return
      if (performance.now() > end) throw new Error(`${id} is ${found}, not ${state}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const must = async (asked: Promise<{ readonly bits: bigint | undefined }>): Promise<void> => {
    const { bits } = await asked
    if (bits !== 1n) throw new Error(`refused with ${bits}`)
  }
  return {
    scratch,
    mes,
    stateIs,
    async orderIn(state, id, fields = {}) {
      const waits = state === 'NotAllowedToStart' || state === 'AllowedToStart'
      const order = await mes.order(id, 'mix', { ...(waits ? { startTime: later } : {}), ...fields })
      await must(mes.give(state === 'NotAllowedToStart' ? 'Store' : 'StoreAndStart', order))
      if (waits) return order
      await stateIs(id, 'Running')
      if (state === 'Interrupted') await must(mes.ask('Pause', id))
      if (state === 'Ended') await must(mes.ask('Stop', id))
      if (state === 'Aborted') await must(mes.ask('Abort', id))
      await stateIs(id, state)
      return order
    },
    async clean() {
      for (const [id, state] of Object.entries(await mes.states())) {
        if (state === 'NotAllowedToStart' || state === 'AllowedToStart') await mes.ask('Cancel', id)
        if (state === 'Running' || state === 'Interrupted') {
          await mes.ask('Abort', id)
          await stateIs(id, 'Aborted')
        }
        await mes.ask('Clear', id)
      }
      const { session, id: nodeId } = mes.client
      const reset = { objectId: nodeId('pipe/mix'), methodId: nodeId('pipe/mix.Reset') }
      await session.call(reset)
    },
  }
}

/** A Double. */
export const double = (value: number) => ({ dataType: DataType.Double, value })
