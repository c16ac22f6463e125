/**
 * Tags are the addresses of samples. A device tag and a pipeline's output read `owner.port`, as in a wire;
 * what is inside a pipeline carries the pipeline's id in front.
 *
 * | tag | example |
 * |---|---|
 * | device output or input | `plc1.level` |
 * | pipeline output | `watch.rate` |
 * | step output | `watch/smooth.value` |
 * | step input | `watch/smooth:value` |
 * | pipeline parameter | `fill$targetVolume` |
 */
export function ownerTag(owner: string, port: string): string {
  return `${owner}.${port}`
}

/** The device or pipeline that a tag belongs to. */
export function ownerOf(tag: string): string {
  return /^[^./#$:]*/.exec(tag)?.[0] ?? ''
}

/** The tag of a step's output. */
export function stepOutputTag(pipeline: string, step: string, port: string): string {
  return `${pipeline}/${step}.${port}`
}

/** The tag of a step's input: the sample as the step sees it, after unit conversion. */
export function stepInputTag(pipeline: string, step: string, port: string): string {
  return `${pipeline}/${step}:${port}`
}

/** The tag of a pipeline's parameter. */
export function parameterTag(pipeline: string, name: string): string {
  return `${pipeline}$${name}`
}

/** What ids of devices, pipelines, steps, ports and parameters look like; the NodeId grammar of the information model. */
export const idPattern = /^[A-Za-z0-9_-]{1,32}$/
