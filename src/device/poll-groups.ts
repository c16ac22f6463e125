import type { LiveConnection, LiveGroup } from './link.ts'

/** Something that is polled with a period and a phase; without a group it is the connection's own `read`. */
export interface PollGroup {
  readonly group: LiveGroup | undefined
  readonly everyMs: number
  readonly phaseMs: number
  /** The outputs that it reads; undefined when it is not told. */
  readonly outputs: ReadonlySet<string> | undefined
}

/**
 * What of a connection is polled, and when: the shortest period first, so that it goes first when all begin together.
 *
 * The phases are spread over the shortest period. Periods are mostly multiples of it, and groups that shared a phase would
 * fall due together again and again and hold each other up.
 */
export function pollGroups(
  { groups = [] }: LiveConnection,
  device: { readonly everyMs: number; readonly phaseMs: number; readonly outputs: readonly string[] },
): readonly PollGroup[] {
  const grouped = new Set(groups.flatMap(({ outputs }) => outputs))
  const rest = device.outputs.filter((output) => !grouped.has(output))
  const all = [
    ...(groups.length === 0 || rest.length > 0 ? [restOf(device.everyMs, groups.length === 0 ? undefined : rest)] : []),
    ...groups.map((group) => ({ group, everyMs: group.everyMs, outputs: new Set(group.outputs) })),
  ].sort((a, b) => a.everyMs - b.everyMs)
  const shortestMs = all[0]?.everyMs ?? 0
  return all.map((each, index) => ({ ...each, phaseMs: device.phaseMs + (index * shortestMs) / all.length }))
}

function restOf(everyMs: number, outputs: readonly string[] | undefined): Omit<PollGroup, 'phaseMs'> {
  return { group: undefined, everyMs, outputs: outputs && new Set(outputs) }
}
