import { MillraceError } from '../model/errors.ts'
import type { MethodDescription, Port } from '../model/port.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { misfitOf } from './port-value.ts'

/** Values by the names of ports. */
export type ValueByPort = Readonly<Record<string, Value>>

/**
 * Checks the inputs of a device method and adds defaults; `what` is the method's full name.
 *
 * Throws a MillraceError: `input-unknown` (BadInvalidArgument), `input-missing` (BadArgumentsMissing), `value-invalid`
 * (BadTypeMismatch) or `value-out-of-range` (BadOutOfRange), so that nothing reaches a device by half.
 */
export function checkedInputs({ inputs: ports }: MethodDescription, inputs: ValueByPort, what: string): ValueByPort {
  const names = ports.map(({ name }) => name)
  const unknown = Object.keys(inputs).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
    throw refused('input-unknown', Status.BadInvalidArgument, `${what} has no input ${unknown}; ${known}`)
  }
  const given = ports.map((port) => [port.name, checkedInput(port, inputs[port.name], what)] as const)
  return Object.fromEntries(given.filter((pair): pair is [string, Value] => pair[1] !== undefined))
}

function checkedInput(port: Port, given: Value | undefined, what: string): Value | undefined {
  const value = given === undefined || given === null ? port.default : given
  if (value === undefined || value === null) {
    if (port.optional) return undefined
    throw refused('input-missing', Status.BadArgumentsMissing, `${what} needs a value for its input ${port.name}`)
  }
  const misfit = misfitOf(port, value)
  if (!misfit) return value
  const code = misfit.status === Status.BadTypeMismatch ? 'value-invalid' : 'value-out-of-range'
  throw refused(code, misfit.status, `${what}: ${port.name} ${misfit.reason}`)
}

/**
 * Takes the declared outputs out of what a method returned; an output that is missing is null, an unknown one is left out.
 *
 * Throws `plugin-invalid` (BadInternalError) for an output of the wrong type.
 */
export function checkedOutputs({ outputs: ports }: MethodDescription, returned: unknown, what: string): ValueByPort {
  const values = (typeof returned === 'object' && returned !== null ? returned : {}) as Record<string, unknown>
  return Object.fromEntries(
    ports.map((port) => {
      const value = values[port.name]
      if (value === undefined || value === null) return [port.name, null]
      const misfit = misfitOf(port, value)
      if (misfit && !misfit.isBeyondRange) {
        const message = `${what}: output ${port.name} ${misfit.reason}; mend the plugin`
        throw refused('plugin-invalid', Status.BadInternalError, message)
      }
      return [port.name, value as Value]
    }),
  )
}

function refused(code: ConstructorParameters<typeof MillraceError>[0], status: number, message: string): MillraceError {
  return new MillraceError(code, message, { status })
}
