import fc, { type IAsyncProperty } from 'fast-check'
import type { Budget, Outcome } from './target.ts'

/** Checks a property for as long as the budget says; what was found is made as small as possible. */
export async function checkFor<Input>(
  property: IAsyncProperty<Input>,
  { ms, count = Number.MAX_SAFE_INTEGER, seed }: Budget,
  replay?: { readonly path: string },
): Promise<Outcome> {
  const details = await fc.check(property, {
    seed,
    ...(replay ? { path: replay.path, endOnFailure: true } : {}),
    numRuns: count,
    ...(Number.isFinite(ms) ? { interruptAfterTimeLimit: ms } : {}),
    // What is found in the last second shall still be made small.
    markInterruptAsFailure: false,
  })
  if (!details.failed) return { runs: details.numRuns }
  const { counterexamplePath, errorInstance, counterexample } = details
  const found = `${String(errorInstance)}\n${shown(counterexample)}`.slice(0, 8000)
  return { runs: details.numRuns, found, path: counterexamplePath ?? undefined }
}

/** What was found, as text; it may be something that cannot even be looked at. */
function shown(input: unknown): string {
  try {
    return fc.stringify(input)
  } catch (error) {
    return `it cannot be shown: ${String(error)}`
  }
}

/** Values that programs stumble over, of every kind that YAML and JavaScript have. */
export const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    -1,
    1,
    1e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    '',
    ' ',
    '0',
  ),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'toString', '$x', '${HOME}', '${X:-1}', '../x', 'a.b', 'a/b'),
  fc.constantFrom<unknown>('1s', '-1s', '1e9d', '0ms', '5 l', 'a'.repeat(300), 'é💧', '\u0000', 'NaN', '2026-01-01'),
  fc.double(),
  fc.integer(),
  fc.string({ maxLength: 20 }),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.constantFrom<unknown>({}, [], { a: 1 }, [null], [[]]),
)
