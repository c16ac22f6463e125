import { randomUUID } from 'node:crypto'
import { systemClock } from '../../model/clock.ts'
import type { JobClient } from '../client/jobs/job-client.ts'
import type { WantedOrder, WorkMaster } from '../client/jobs/structures.ts'
import { UsageError } from '../exit-code.ts'
import { cellOf } from '../kept.ts'
import { timeOf } from '../time-range.ts'
import { unitNamed, unitsNamed, workMasterNamed } from './choose.ts'
import type { OrderOptions } from './options.ts'
import { parameterOf } from './parameter.ts'
import { requireDone, told } from './request.ts'

/** Stores a job order for a pipeline, which then waits for `start` or, when `isAllowed`, for its turn. */
export function store(pipeline: string, isAllowed: boolean) {
  return async (units: readonly JobClient[], options: OrderOptions): Promise<string> => {
    const { unit, master } = await workMasterNamed(unitsNamed(units, options.unit), pipeline)
    const id = options.id ?? randomUUID()
    const mayStart = isAllowed || options.start === true
    const order = { ...wantedOrder(id, master, options), pipeline }
    const status = await unit.store(order, { isAllowed: mayStart, comment: options.comment ?? '' })
    const done = { unit, id, word: mayStart ? 'store and start' : 'store' }
    await requireDone(status, done)
    return told(done, options)
  }
}

/** Changes what is given of a job order that has not begun. */
export function update(id: string) {
  return async (units: readonly JobClient[], options: OrderOptions): Promise<string> => {
    const unit = unitNamed(units, options.unit)
    const listed = (await unit.list()).find((order) => order.id === id)
    if (!listed) throw new UsageError(`${unit.unit} has no job order ${cellOf(id)}; \`job list\` tells all of them`)
    const { master } = await workMasterNamed([unit], options.pipeline ?? listed.pipeline)
    const order = { ...wantedOrder(id, master, options), pipeline: options.pipeline }
    const done = { unit, id, word: 'update' }
    await requireDone(await unit.update(listed, order, options.comment ?? ''), done)
    return told(done, options)
  }
}

function wantedOrder(id: string, master: WorkMaster, options: OrderOptions): WantedOrder {
  const { set = [], priority, startTime, endTime, description } = options
  const dateOf = (option: string, text: string | undefined): Date | undefined =>
    text === undefined ? undefined : new Date(timeOf(option, text, systemClock.now()))
  return {
    ...{ id, priority, description },
    parameters: set.map((text) => parameterOf(text, master)),
    startTime: dateOf('--start-time', startTime),
    endTime: dateOf('--end-time', endTime),
  }
}
