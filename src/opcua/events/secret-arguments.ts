import type { BaseNode, UAMethod, Variant } from 'node-opcua'
import { nullVariant } from '../conversion.ts'

/** Names of arguments whose values nobody may read who reads the audit. */
const secret = /passw|secret|token|credential|private_?key$/i

/** Tells whether the value of an argument of this name must stay untold. */
export function isSecret(name: string): boolean {
  return secret.test(name)
}

/** The arguments of a call as they may be told: secret ones are null, and of a method that is not known there are none. */
export function toldInputs(method: BaseNode | null, inputs: readonly Variant[]): readonly Variant[] {
  const declared = (method as UAMethod | null)?.getInputArguments?.()
  if (!declared) return []
  return inputs.map((input, index) => {
    const name = declared[index]?.name
    return name === undefined || name === null || isSecret(name) ? nullVariant : input
  })
}
