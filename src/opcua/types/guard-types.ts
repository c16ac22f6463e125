import { limitNames, limitTable } from '../../model/limits.ts'
import { findingTable } from '../guard/findings.ts'
import { addDataVariable, addPart, addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** Adds `GuardType`, what stands between clients and the server, and `ServerLimitsType`, what it holds them to. */
export function addGuardTypes({ namespace }: TypeContext): void {
  const limits = namespace.addObjectType({
    browseName: 'ServerLimitsType',
    description: 'How much clients may ask of the server. The plant file sets it.',
  })
  for (const name of limitNames) {
    const { description, isTime } = limitTable[name]
    const dataType = isTime ? 'Duration' : 'UInt32'
    addProperty(namespace, limits, { name: limitMember(name), dataType, description: `${description}.` })
  }
  const guard = namespace.addObjectType({
    browseName: 'GuardType',
    description: 'Contains and refuses what would harm the server. Counters begin with the program.',
  })
  for (const [kind, description] of Object.entries(findingTable)) {
    addDataVariable(namespace, guard, { name: countMember(kind), dataType: 'UInt32', description })
  }
  addPart(namespace, guard, { name: 'Limits', description: 'How much clients may ask of the server.', type: limits })
}

/** The member that counts findings of a kind: `RateLimitCount`. */
export function countMember(kind: string): string {
  return `${capitalized(kind)}Count`
}

/** The member that shows a limit: `SessionsPerUser`. */
export function limitMember(name: string): string {
  return capitalized(name)
}

function capitalized(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
