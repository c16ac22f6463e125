import { DataType, type UAObject, Variant, VariantArrayType } from 'node-opcua'
import { MillraceError } from '../model/errors.ts'
import { outcomes } from '../model/event.ts'
import type { PipelineDescription } from '../model/port.ts'
import type { Sample } from '../model/sample.ts'
import { Status, statusName } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { Value } from '../model/value.ts'
import { bindMethod, type Call, describeMethod } from './calling.ts'
import { timeOf } from './history/places.ts'
import { openCall } from './roles.ts'
import type { RunRecord, RunsView } from './runs-view.ts'
import type { SpaceContext } from './space-context.ts'
import { type RunMethodName, runMethods } from './types/run-methods.ts'

/** Lets clients ask a pipeline where its samples came from, and what is kept of its runs. */
export function bindRunMethods(
  context: SpaceContext,
  node: UAObject,
  { pipeline, runs }: { readonly pipeline: PipelineDescription; readonly runs: RunsView },
): void {
  const bind = (name: RunMethodName, call: Call): void => {
    const method = node.getMethodByName(name)
    if (!method) throw new Error(`PipelineType lacks ${name}`)
    describeMethod(method, runMethods[name].description)
    bindMethod(context, method, call)
    openCall(method, context.anonymous)
  }
  bind('FindRun', async ([output, sourceTime, ordinal]) => {
    const tag = historizedTag(context, pipeline, textOf(output))
    const time = timeOf(sourceTime?.value as Date | null)
    if (time === undefined) {
      throw new MillraceError('value-invalid', 'SourceTime is no time; give the source time of a sample')
    }
    const sample = await runs.producer({ tag, time, ordinal: Number(ordinal?.value) })
    if (!sample) {
      const message = `${tag} has no such sample at ${new Date(time).toISOString()}; look at its history first`
      throw new MillraceError('value-invalid', message, { status: Status.BadNoData })
    }
    const { run } = sample
    const record = run && (await runs.run(run.runId))
    return [string(run?.runId ?? ''), ...aboutOf(run, record), utcTime(sample.time), uint32(sample.count)]
  })
  bind('ReadRun', async ([runId]) => {
    const id = textOf(runId)
    const record = await runs.run(id)
    if (record?.pipeline !== pipeline.id) {
      const message = `there is no run ${id} of pipeline ${pipeline.id}; runs are kept for two years`
      throw new MillraceError('value-invalid', message, { status: Status.BadNotFound })
    }
    return [
      ...aboutOf(record, record),
      ...[uint32(record.end?.cycles ?? 0), string(record.end?.error ?? '')],
      ...[string(JSON.stringify(parametersOf(record))), string(JSON.stringify(resultsOf(record)))],
    ]
  })
}

function historizedTag({ view }: SpaceContext, { id, outputs }: PipelineDescription, output: string): string {
  if (!outputs.some(({ name }) => name === output)) {
    throw new MillraceError('value-invalid', `pipeline ${id} has no output ${output}; correct the name`)
  }
  const tag = ownerTag(id, output)
  if (view.history?.historized(tag)) return tag
  throw new MillraceError('value-invalid', `${tag} has no history; add history to the output`, {
    status: Status.BadHistoryOperationUnsupported,
  })
}

/** Version, Initiator, StartTime, EndTime and Outcome; all of them null or empty when there was no run. */
function aboutOf(
  run: Pick<RunRecord, 'version' | 'initiator' | 'startedAt'> | undefined,
  record: RunRecord | undefined,
): Variant[] {
  const outcome = outcomes.indexOf(record?.end?.outcome ?? 'None')
  return [
    ...[uint32(run?.version ?? 0), string(run?.initiator ?? '')],
    ...[utcTime(run?.startedAt), utcTime(record?.end?.endedAt)],
    new Variant({ dataType: DataType.Int32, arrayType: VariantArrayType.Scalar, value: outcome }),
  ]
}

function parametersOf({ parameters }: RunRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, plain(value)]))
}

function resultsOf({ pipeline, end }: RunRecord): Record<string, unknown> {
  const before = ownerTag(pipeline, '').length
  return Object.fromEntries((end?.results ?? []).map(({ tag, sample }) => [tag.slice(before), resultOf(sample)]))
}

function resultOf({ value, status, sourceTime }: Sample) {
  return { value: plain(value), status: statusName(status), time: new Date(sourceTime).toJSON() }
}

/** A value as JSON has it: what JSON has no word for is a text, as in the JSON encoding of OPC UA (Part 6 §5.4.2). */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map((item: Value) => plain(item))
  return value
}

function textOf(variant: Variant | undefined): string {
  return typeof variant?.value === 'string' ? variant.value : ''
}

function string(value: string): Variant {
  return new Variant({ dataType: DataType.String, arrayType: VariantArrayType.Scalar, value })
}

function uint32(value: number): Variant {
  return new Variant({ dataType: DataType.UInt32, arrayType: VariantArrayType.Scalar, value })
}

function utcTime(time: number | undefined): Variant {
  const value = time === undefined ? null : new Date(time)
  return new Variant({ dataType: DataType.DateTime, arrayType: VariantArrayType.Scalar, value })
}
