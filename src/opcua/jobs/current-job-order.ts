import { DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import { diagnosticTag } from '../../model/diagnostics.ts'
import type { PipelineDescription } from '../../model/port.ts'
import { Status } from '../../model/status.ts'
import { setValue } from '../live-values.ts'
import { childOf, type SpaceContext } from '../space-context.ts'
import type { JobLists } from './job-lists.ts'
import type { JobsView } from './jobs-view.ts'

/** Lets CurrentJobOrderId of a pipeline show the job order of the run that is under way, and nothing when there is none. */
export function showCurrentJobOrder(
  { view, live }: SpaceContext,
  node: UAObject,
  {
    pipeline,
    jobs,
    lists,
  }: { readonly pipeline: PipelineDescription; readonly jobs: JobsView; readonly lists: JobLists },
): void {
  const variable = childOf<UAVariable>(childOf<UAObject>(node, 'Diagnostics'), 'CurrentJobOrderId')
  variable.minimumSamplingInterval = 0
  let [runId, shown]: [string, string | undefined] = ['', undefined]
  const show = (): void => {
    const state = view.programState(pipeline.id)
    const isUnderWay = state === 'Running' || state === 'Suspended'
    const order = isUnderWay ? (jobs.orderOf(runId) ?? '') : ''
    if (order === shown) return
    shown = order
    setValue(variable, new Variant({ dataType: DataType.String, value: order }), Status.Good)
  }
  live.watch(diagnosticTag(pipeline.id, 'currentRunId'), ({ value }) => {
    runId = String(value ?? '')
    show()
  })
  live.watch(diagnosticTag(pipeline.id, 'state'), show)
  lists.watch(pipeline, show)
  show()
}
