import type { Outcome } from '../model/event.ts'
import type { JobOutput, JobResponse, JobResult } from '../model/job.ts'
import type { TagSample } from '../model/sample.ts'
import { isBad } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { JobPipeline } from './job-pipeline.ts'

/** The response of a job of which nothing has come yet; `id` is that of its run. */
export function newResponse(id: string, equipment: string, pipeline: JobPipeline | undefined): JobResponse {
  return { id, result: 'Unknown', reason: '', equipment: [equipment, ...(pipeline?.utilizes ?? [])], outputs: [] }
}

/** A run that does not end by itself has done what it should when it is stopped; one that does was cut short. */
export function resultOf(outcome: Outcome, pipeline: JobPipeline | undefined): JobResult {
  const isWhole = outcome === 'Completed' || (outcome === 'Stopped' && pipeline?.endsItself === false)
  return isWhole ? 'Successful' : 'Unsuccessful'
}

/** The outputs of a pipeline as they were at the end of a run. */
export function outputsOf({ id, outputs }: JobPipeline, results: readonly TagSample[]): readonly JobOutput[] {
  const sampleByTag = new Map(results.map(({ tag, sample }) => [tag, sample]))
  return outputs.map(({ name, dataType, isArray, unit }) => {
    const sample = sampleByTag.get(ownerTag(id, name))
    const value = sample && !isBad(sample.status) ? sample.value : null
    return { id: name, dataType, isArray, value, unit }
  })
}
