import { conversionDraft, type Draft } from './draft.ts'
import type { Layout } from './layout.ts'

/**
 * Steps and conversions in topological order, like ones next to each other where the wires allow it, `delay` steps last.
 *
 * The level of a step is the length of the longest way to it; whatever is on one level may be in any order.
 */
export function inOrder(steps: readonly Draft[], layout: Layout): readonly Draft[] {
  const turns = steps.filter(({ isDelay }) => !isDelay)
  const all = withConversions(turns, layout)
  const levelBySlot = new Map<number, number>()
  const levelByStep = new Map<string, number>()
  const level = new Map<Draft, number>()
  for (const draft of all) {
    const before = [
      ...draft.inputs.map(({ slot }) => levelBySlot.get(slot) ?? 0),
      ...draft.after.map((step) => levelByStep.get(step) ?? 0),
    ]
    const own = 1 + before.reduce((most, each) => Math.max(most, each), 0)
    level.set(draft, own)
    for (const { slot } of draft.outputs) levelBySlot.set(slot, own)
    if (draft.step) levelByStep.set(draft.step.id, own)
  }
  const family = familyNumbers(all)
  const rank = (draft: Draft) => [level.get(draft) ?? 0, family.get(draft) ?? 0] as const
  const sorted = all.toSorted((a, b) => {
    const [levelA, familyA] = rank(a)
    const [levelB, familyB] = rank(b)
    return levelA - levelB || familyA - familyB
  })
  return [...sorted, ...steps.filter(({ isDelay }) => isDelay)]
}

/** Puts each conversion before the first step that reads it; those that no step reads come last. */
function withConversions(steps: readonly Draft[], layout: Layout): readonly Draft[] {
  const open = new Map(layout.conversions.map((conversion) => [conversion.to, conversionDraft(conversion)]))
  const all: Draft[] = []
  for (const step of steps) {
    for (const { slot } of step.inputs) {
      const conversion = open.get(slot)
      if (conversion && open.delete(slot)) all.push(conversion)
    }
    all.push(step)
  }
  return [...all, ...open.values()]
}

/** Numbers the families of steps with the same plugin, in the order of their first member. */
function familyNumbers(drafts: readonly Draft[]): ReadonlyMap<Draft, number> {
  const numbers = new Map<unknown, number>()
  return new Map(
    drafts.map((draft) => {
      const family = draft.step?.kind === 'function' ? draft.step.plugin : (draft.step?.kind ?? 'convert')
      if (!numbers.has(family)) numbers.set(family, numbers.size)
      return [draft, numbers.get(family) as number]
    }),
  )
}
