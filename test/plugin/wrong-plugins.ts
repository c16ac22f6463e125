import { defineFunction, double, type FunctionPlugin } from '../../src/plugin/index.ts'
import { complaintsAbout } from '../../src/plugin/testing.ts'

/** Parts of a plugin, right or wrong. */
export type AnyRecord = Readonly<Record<string, unknown>>

/** A function that is right but for the given parts. */
export function make(parts: AnyRecord): FunctionPlugin {
  const right = defineFunction({
    type: 'wrong',
    description: 'Wrong in one thing.',
    inputs: { a: double({ description: 'A.', min: 0, max: 10 }) },
    outputs: { b: double({ description: 'B.' }) },
    compute: ({ a }) => ({ b: a }),
  })
  return { ...right, ...parts } as unknown as FunctionPlugin
}

/** What conformance says about it, in one text. */
export async function complaintsOf(parts: AnyRecord): Promise<string> {
  return (await complaintsAbout(make(parts))).join('\n')
}
