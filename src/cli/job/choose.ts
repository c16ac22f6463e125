import { didYouMean } from '../../model/did-you-mean.ts'
import type { JobClient } from '../client/jobs/job-client.ts'
import type { WorkMaster } from '../client/jobs/structures.ts'
import { UsageError } from '../exit-code.ts'

/**
 * The unit that is meant: by its path or its last name, where only one has it; without a name the only one that there is.
 * Throws UsageError, which tells the units, when none or several could be meant.
 */
export function unitNamed(units: readonly JobClient[], name: string | undefined): JobClient {
  const found = units.filter(({ unit }) => name === undefined || unit === name || lastName(unit) === name)
  const exact = found.find(({ unit }) => unit === name) ?? (found.length === 1 ? found[0] : undefined)
  if (exact) return exact
  const paths = units.map(({ unit }) => unit)
  if (name === undefined) throw new UsageError(`there are several units; choose one with --unit: ${paths.join(', ')}`)
  if (found.length > 1) {
    throw new UsageError(`--unit ${name} may be ${found.map(({ unit }) => unit).join(' or ')}; give the whole path`)
  }
  const meant = didYouMean(name, [...paths, ...paths.map(lastName)])
  throw new UsageError(
    `no unit is called ${name}; ${meant ? `did you mean ${meant}?` : `known are ${paths.join(', ')}`}`,
  )
}

/** The units that a listing is about: all of them without a name. */
export function unitsNamed(units: readonly JobClient[], name: string | undefined): readonly JobClient[] {
  return name === undefined ? units : [unitNamed(units, name)]
}

/** The pipeline of this id with its unit, which needs no name because ids of pipelines are unique in a plant. Rejects with UsageError when there is none. */
export async function workMasterNamed(
  units: readonly JobClient[],
  pipeline: string,
): Promise<{ readonly unit: JobClient; readonly master: WorkMaster }> {
  const known: string[] = []
  for (const unit of units) {
    const masters = await unit.workMasters()
    const master = masters.find(({ id }) => id === pipeline)
    if (master) return { unit, master }
    known.push(...masters.map(({ id }) => id))
  }
  const meant = didYouMean(pipeline, known)
  const remedy = meant ? `did you mean ${meant}?` : `known are ${known.join(', ') || 'none'}`
  throw new UsageError(`no unit has a pipeline ${pipeline}; ${remedy}`)
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
