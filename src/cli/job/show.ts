import { MillraceError } from '../../model/errors.ts'
import type { JobClient } from '../client/jobs/job-client.ts'
import type { ListedOrder, ToldResponse, WorkMaster } from '../client/jobs/structures.ts'
import type { JobValue } from '../client/jobs/values.ts'
import { cellOf, jsonOf, momentText } from '../kept.ts'
import { durationText } from '../runs.ts'
import { table } from '../table.ts'
import { unitNamed, unitsNamed } from './choose.ts'
import type { JobOptions, ListOptions } from './options.ts'

/** A row of a listing, and the unit that it belongs to. */
type OfUnit<T> = T & { readonly unit: string }

/** Lists what can be ordered. */
export async function listWorkMasters(units: readonly JobClient[], options: JobOptions): Promise<string> {
  const masters = await ofEach(unitsNamed(units, options.unit), (unit) => unit.workMasters())
  if (options.json) return jsonOf(masters.map(plainMaster))
  if (masters.length === 0) return 'nothing can be ordered\n'
  return masters.map(masterText).join('\n')
}

/** Lists job orders with their states. */
export async function listOrders(units: readonly JobClient[], options: ListOptions): Promise<string> {
  const all = await ofEach(unitsNamed(units, options.unit), (unit) => unit.list())
  const orders = all.filter(({ state }) => !options.state || (state && options.state.includes(state)))
  if (options.json) return jsonOf(orders.map(plainOrder))
  if (orders.length === 0) return 'there are no such job orders\n'
  const head = ['id', 'unit', 'pipeline', 'state', 'priority', 'start time (UTC)', 'parameters']
  return table([head, ...orders.map(orderRow)])
}

/** Shows one job order, and what has come of it. */
export function showOrder(id: string) {
  return async (units: readonly JobClient[], options: JobOptions): Promise<string> => {
    const unit = unitNamed(units, options.unit)
    const order = (await unit.list()).find((each) => each.id === id)
    if (!order) {
      throw new MillraceError(
        'job-refused',
        `${unit.unit} has no job order ${cellOf(id)}; \`job list\` tells all of them`,
      )
    }
    const answer = await unit.response(id)
    const response = typeof answer === 'bigint' ? undefined : answer
    if (options.json)
      return jsonOf({ ...plainOrder({ ...order, unit: unit.unit }), response: response && plainResponse(response) })
    return table([...orderLines({ ...order, unit: unit.unit }), ...(response ? responseLines(response) : [])])
  }
}

/** Lists what has come of job orders. */
export async function listResponses(units: readonly JobClient[], options: ListOptions): Promise<string> {
  const states = options.state ?? (['Running', 'Interrupted', 'Ended', 'Aborted'] as const)
  const responses = await ofEach(unitsNamed(units, options.unit), (unit) => unit.responses(states))
  if (options.json) return jsonOf(responses.map((each) => ({ unit: each.unit, ...plainResponse(each) })))
  if (responses.length === 0) return 'nothing has come of any job order\n'
  const head = ['id', 'unit', 'state', 'result', 'start (UTC)', 'duration', 'outputs', 'reason']
  return table([head, ...responses.map(responseRow)])
}

async function ofEach<T extends object>(
  units: readonly JobClient[],
  read: (unit: JobClient) => Promise<readonly T[]>,
): Promise<readonly OfUnit<T>[]> {
  const rows: OfUnit<T>[] = []
  for (const unit of units) for (const row of await read(unit)) rows.push({ ...row, unit: unit.unit })
  return rows
}

function masterText({ id, unit, description, parameters }: OfUnit<WorkMaster>): string {
  const rows = parameters.map((each) => [each.name, valueText(each), cellOf(each.description ?? '', 100)])
  const head = `${id} of ${unit}${description === '' ? '' : `: ${cellOf(description, 200)}`}\n`
  return rows.length === 0 ? head : `${head}${table([['parameter', 'default', 'description'], ...rows], '  ')}`
}

function orderRow({
  id,
  unit,
  pipeline,
  state,
  priority,
  startTime,
  parameters,
}: OfUnit<ListedOrder>): readonly string[] {
  const cells = [cellOf(id, 40), unit, cellOf(pipeline, 32), state ?? '', String(priority)]
  return [...cells, startTime ? momentText(startTime.getTime()) : '', cellOf(valuesText(parameters), 100)]
}

function orderLines(order: OfUnit<ListedOrder>): readonly (readonly string[])[] {
  const { id, unit, pipeline, state, priority, startTime, endTime, description, parameters } = order
  return [
    ['job order', cellOf(id, 200)],
    ['unit', unit],
    ['pipeline', cellOf(pipeline)],
    ['state', state ?? ''],
    ['priority', String(priority)],
    ...(startTime ? [['not before', momentText(startTime.getTime())]] : []),
    ...(endTime ? [['wanted end', momentText(endTime.getTime())]] : []),
    ...(description ? [['description', cellOf(description, 200)]] : []),
    ...parameters.map((each) => [cellOf(each.name), valueText(each)]),
  ]
}

function responseLines(response: ToldResponse): readonly (readonly string[])[] {
  const { run, startTime, endTime, result, reason, outputs, equipment } = response
  return [
    ['run', cellOf(run)],
    ...(startTime ? [['start', momentText(startTime.getTime())]] : []),
    ...(endTime ? [['end', momentText(endTime.getTime())]] : []),
    ['result', result ?? ''],
    ...(reason === '' ? [] : [['reason', cellOf(reason, 200)]]),
    ...outputs.map((each) => [cellOf(each.name), valueText(each)]),
    ['equipment', cellOf(equipment.join(', '), 200)],
  ]
}

function responseRow(response: OfUnit<ToldResponse>): readonly string[] {
  const { id, unit, state, result, startTime, endTime, outputs, reason } = response
  const duration = startTime && endTime ? durationText(endTime.getTime() - startTime.getTime()) : ''
  const begin = startTime ? momentText(startTime.getTime()) : ''
  const rest = [cellOf(valuesText(outputs), 80), cellOf(reason, 60)]
  return [cellOf(id, 40), unit, state ?? '', result ?? '', begin, duration, ...rest]
}

function valuesText(values: readonly JobValue[]): string {
  return values.map((each) => `${each.name}=${valueText(each)}`).join(' ')
}

function valueText({ value, unit }: JobValue): string {
  const text = (each: unknown): string => {
    if (each === null) return 'no value'
    if (each instanceof Date) return each.toISOString()
    // More digits than a field device has tell people nothing; JSON has them all.
    if (typeof each === 'number' && !Number.isInteger(each)) return String(Number(each.toPrecision(7)))
    return each instanceof Uint8Array ? Buffer.from(each).toString('base64') : String(each)
  }
  const shown = Array.isArray(value) ? value.map(text).join(',') : text(value)
  return cellOf(unit === undefined || value === null ? shown : `${shown} ${unit}`, 100)
}

function plainMaster({ unit, id, description, parameters }: OfUnit<WorkMaster>): object {
  return { unit, pipeline: id, description, parameters }
}

function plainOrder({ structure: _, ...order }: OfUnit<ListedOrder>): object {
  return order
}

function plainResponse(response: ToldResponse): object {
  const { id, run, state, startTime, endTime, result, reason, outputs, equipment } = response
  return { id, run, state, startTime, endTime, result, reason, outputs, equipment }
}
