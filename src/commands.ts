import type { CommandOptions, Devices } from './device/devices.ts'
import { MillraceError } from './model/errors.ts'
import type { FaultOrder } from './model/fault.ts'
import { Status } from './model/status.ts'
import type { Value } from './model/value.ts'
import type { Pipeline } from './pipeline/pipeline.ts'
import type { Pipelines } from './pipeline/pipelines.ts'

/** What commands act on. */
export interface Actors {
  readonly devices: Devices
  readonly pipelines: Pipelines
}

type Asked = Pick<CommandOptions, 'initiator'>

/** Starts a run of a pipeline and tells its id. */
export function start({ pipelines }: Actors, pipeline: string, asked: Asked): { readonly runId: string } {
  return pipelineOf(pipelines, pipeline).start(asked)
}

/** Lets the current wave end, then makes the pipeline Ready. */
export function stop({ pipelines }: Actors, pipeline: string, asked: Asked): void {
  pipelineOf(pipelines, pipeline).stop(asked)
}

/** Holds a running pipeline between two waves. */
export function suspend({ pipelines }: Actors, pipeline: string, asked: Asked): void {
  pipelineOf(pipelines, pipeline).suspend(asked)
}

/** Lets a suspended pipeline go on. */
export function resume({ pipelines }: Actors, pipeline: string, asked: Asked): void {
  pipelineOf(pipelines, pipeline).resume(asked)
}

/** Cancels what runs; the pipeline's `finally` steps run, and it stays Halted. */
export function halt({ pipelines }: Actors, pipeline: string, asked: Asked): void {
  pipelineOf(pipelines, pipeline).halt(asked)
}

/** Makes a halted pipeline Ready. */
export function reset({ pipelines }: Actors, pipeline: string, asked: Asked): void {
  pipelineOf(pipelines, pipeline).reset(asked)
}

/** Sets a parameter of a pipeline; answers with a status code. */
export function setParameter(
  { pipelines }: Actors,
  { pipeline, name, value }: { readonly pipeline: string; readonly name: string; readonly value: Value },
  { initiator }: Asked,
): number {
  return pipelineOf(pipelines, pipeline).setParameter(name, value, initiator)
}

/** Writes a device tag; answers with a status code. */
export function write({ devices }: Actors, tag: string, value: Value, options: CommandOptions): Promise<number> {
  return devices.write(tag, value, options)
}

/** Calls a method of a device and answers with its outputs. */
export function call(
  { devices }: Actors,
  {
    device,
    method,
    inputs,
  }: { readonly device: string; readonly method: string; readonly inputs: Readonly<Record<string, Value>> },
  options: CommandOptions,
): Promise<Readonly<Record<string, Value>>> {
  return devices.call(device, method, inputs, options)
}

/** Enables a device and connects it at once. */
export function connect({ devices }: Actors, device: string): void {
  deviceOf(devices, device).connect()
}

/** Disables a device and closes its connection. */
export async function disconnect({ devices }: Actors, device: string): Promise<void> {
  await deviceOf(devices, device).disconnect()
}

/** Closes a device's circuit breaker, so that the device is tried at once. */
export function resetBreaker({ devices }: Actors, device: string): void {
  if (deviceOf(devices, device).resetBreaker()) return
  throw new MillraceError('invalid-state', `the breaker of ${device} is closed; there is nothing to reset`, {
    status: Status.BadInvalidState,
  })
}

/** Injects a fault into a device, where the plant file allows it. */
export function injectFault({ devices }: Actors, device: string, order: FaultOrder, { initiator }: Asked): void {
  deviceOf(devices, device).injectFault(order, initiator)
}

/** Ends all faults that are injected into a device; that there are none is no error. */
export function clearFaults({ devices }: Actors, device: string, { initiator }: Asked): void {
  deviceOf(devices, device).clearFaults(initiator)
}

function pipelineOf(pipelines: Pipelines, id: string): Pipeline {
  const pipeline = pipelines.byId(id)
  if (pipeline) return pipeline
  throw new MillraceError('pipeline-unknown', `there is no pipeline ${id}; correct the id`, {
    status: Status.BadNodeIdUnknown,
  })
}

function deviceOf(devices: Devices, id: string) {
  const device = devices.byId(id)
  if (device) return device
  throw new MillraceError('device-unknown', `there is no device ${id}; correct the id`, {
    status: Status.BadNodeIdUnknown,
  })
}
