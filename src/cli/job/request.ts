import { MillraceError } from '../../model/errors.ts'
import { type JobReturnStatus, jobStatus } from '../../model/job.ts'
import type { JobClient, JobMethod } from '../client/jobs/job-client.ts'
import { cellOf, jsonOf } from '../kept.ts'
import { unitNamed } from './choose.ts'
import type { OrderOptions } from './options.ts'
import { allowedIn, reasonsOf } from './return-status.ts'

/** Asks something of a job order by its id and tells what became of it. Rejects with `job-refused` when the server says no. */
export function request(id: string, { word, method }: { readonly word: string; readonly method: JobMethod }) {
  return async (units: readonly JobClient[], options: OrderOptions): Promise<string> => {
    const unit = unitNamed(units, options.unit)
    const status = await unit.request(method, id, options.comment ?? '')
    await requireDone(status, { unit, id, word })
    return told({ unit, id, word }, options)
  }
}

/** What is to be told of a request that was done. */
interface Done {
  readonly unit: JobClient
  readonly id: string
  readonly word: string
}

/** What a command prints about a job order that it has changed: its state now, or that it is gone. */
export async function told({ unit, id, word }: Done, { json }: OrderOptions): Promise<string> {
  const order = (await unit.list()).find((each) => each.id === id)
  if (json) return jsonOf({ id, unit: unit.unit, done: word, state: order?.state ?? null })
  return `${cellOf(id)} of ${unit.unit} ${order ? `is ${order.state}` : 'is taken off the list'}\n`
}

/** Throws `job-refused` with the reasons when a ReturnStatus is no success; a wrong state is told with what it allows. */
export async function requireDone(status: JobReturnStatus, { unit, id, word }: Done): Promise<void> {
  if (status === jobStatus.done) return
  const isWrongState = (status & jobStatus.invalidState) !== 0n
  const state = isWrongState ? (await unit.list()).find((order) => order.id === id)?.state : undefined
  const reason = state ? `it is ${state}, which allows ${allowedIn(state)}` : reasonsOf(status)
  throw new MillraceError('job-refused', `${unit.unit} refuses to ${word} ${cellOf(id)}: ${reason}`)
}
