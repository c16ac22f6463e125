import { join } from 'node:path'
import { type AggregateName, aggregateIds, defaultConfiguration } from '../../../src/history/aggregate/configuration.ts'
import type { HistoryStore } from '../../../src/history/history-store.ts'
import { HistoryReads } from '../../../src/history/read/history-reads.ts'
import { type OpenedHistory, openHistory } from '../../../src/history/store/sqlite-history.ts'
import type { PipelineDescription, Port } from '../../../src/model/port.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import type { DataType } from '../../../src/model/value.ts'
import type { HistorizedTag, HistoryAsker, HistoryView } from '../../../src/opcua/history/history-view.ts'
import type { RoleName } from '../../../src/opcua/roles.ts'
import type { ServerOptions, UserDirectory } from '../../../src/opcua/server-options.ts'
import { temporaryFolder } from '../../history/kit.ts'
import { type Bench, startBench } from '../bench.ts'
import { HandMadePlant } from '../hand-made-plant.ts'

/** A served plant with a real historian. */
export interface HistoryBench extends Bench {
  readonly store: HistoryStore
  /** What is historized now; a test may change it before it calls {@link HistoryBench.server}.change. */
  readonly kept: Map<string, HistorizedTag>
  /** For whom values were read, a time for each read. */
  readonly askers: (HistoryAsker | undefined)[]
}

const outputs: readonly (readonly [string, DataType, boolean])[] = [
  ['volume', 'Double', false],
  ['bottles', 'UInt16', false],
  ['isFull', 'Boolean', false],
  ['label', 'String', false],
  ['profile', 'Double', true],
  ['plain', 'Double', false],
]

class HistorizedPlant extends HandMadePlant {
  override readonly pipelines: readonly PipelineDescription[]
  readonly history: HistoryView

  constructor(history: HistoryView) {
    super()
    this.history = history
    const [fill, ...others] = new HandMadePlant().pipelines
    const ports = outputs.map(([name, dataType, isArray]): Port & { from: string } => {
      return { name, dataType, isArray, description: name, from: 'fill/scale.out' }
    })
    this.pipelines = [{ ...(fill as PipelineDescription), outputs: ports }, ...others]
  }
}

/** Serves a plant whose outputs are historized, all but `fill.plain`, with what the store holds. */
export async function startHistoryBench(options: Partial<ServerOptions> = {}): Promise<HistoryBench> {
  const folder = await temporaryFolder()
  const opened = await openHistory({ file: join(folder.path, 'history.db'), clock: { now: () => 0 } })
  const { store } = opened
  const reads = new HistoryReads()
  const tags = outputs.map(([name]) => `fill.${name}`).filter((tag) => tag !== 'fill.plain')
  const kept = new Map(tags.map((tag) => [tag, { keepMs: 90 * 86_400_000, deadband: tag === 'fill.volume' ? 0.5 : 0 }]))
  const askers: (HistoryAsker | undefined)[] = []
  const noted: Pick<HistoryReads, 'read'> = {
    read(source, reading, asker) {
      askers.push(asker as HistoryAsker | undefined)
      return reads.read(source, reading, asker)
    },
  }
  const plant = new HistorizedPlant(historyViewOf(opened, noted, kept))
  const bench = await startBench({ view: plant, ...options })
  return {
    ...bench,
    ...{ plant, store, kept, askers },
    async stop() {
      await bench.stop()
      await reads.close()
      await store.close()
      await folder.remove()
    },
  }
}

/** A history as the address space sees it. */
export function historyViewOf(
  { store, source }: Pick<OpenedHistory, 'store' | 'source'>,
  reads: Pick<HistoryReads, 'read'>,
  kept: ReadonlyMap<string, HistorizedTag>,
): HistoryView {
  return {
    aggregates: aggregateIds,
    aggregateDefaults: defaultConfiguration,
    historized: (tag) => kept.get(tag),
    readPage: (request, asker) => reads.read(source, { kind: 'raw', request }, asker),
    neighbours: (tag, time) => store.neighbours(tag, time),
    async readAtTime(tag, times, { useSimpleBounds, isStepped }, asker) {
      const request = { tag, times, useSimpleBounds, configuration: { ...defaultConfiguration, isStepped } }
      return (await reads.read(source, { kind: 'atTime', request }, asker)).samples
    },
    async readProcessed(range, asker) {
      const request = { ...range, aggregate: range.aggregate as AggregateName }
      return (await reads.read(source, { kind: 'processed', request }, asker)).samples
    },
    readModified: (range) => store.readModified(range),
    modify: (edit, user) => store.modify(edit, { user, at: Date.now() }),
  }
}

/** Where the histories of the tests begin. */
export const epoch = Date.UTC(2026, 0, 1)

/** A time of a test, in seconds from {@link epoch}. */
export function at(seconds: number): Date {
  return new Date(epoch + seconds * 1000)
}

/** Samples of a tag from `[seconds, value, status]`. */
export function samplesOf(
  tag: string,
  rows: readonly (readonly [number, TagSample['sample']['value'], number?])[],
): TagSample[] {
  return rows.map(([seconds, value, status = 0]) => ({
    tag,
    sample: { value, status, sourceTime: epoch + seconds * 1000 },
  }))
}

/** Every user's password is the name of the user, and the name is the role. */
export const users: UserDirectory = {
  check: async (user, password) => user === password,
  rolesOf: (user) => (user === 'Nobody' ? [] : [user as RoleName]),
}
