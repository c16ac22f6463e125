import { connectionStates, historianStates, outcomes } from './event.ts'
import type { Port } from './port.ts'

/**
 * What devices, pipelines and steps tell about themselves. It flows as samples too, under tags with a `#`:
 * `plc1#connectionState`, `watch#cycleCount`, `watch/smooth#executionCount`.
 */
export function diagnosticTag(owner: string, name: string): string {
  return `${owner}#${name}`
}

/** The tag of an output as it was at the end of the last run (FinalResultData of Part 10 §5.2.1). */
export function resultTag(pipeline: string, output: string): string {
  return diagnosticTag(pipeline, `result.${output}`)
}

/** The owner of a step's diagnostics. */
export function stepOwner(pipeline: string, step: string): string {
  return `${pipeline}/${step}`
}

const count = (name: string, description: string): Port => ({ name, dataType: 'UInt32', isArray: false, description })
const duration = (name: string, description: string): Port => ({
  name,
  dataType: 'Double',
  isArray: false,
  description,
  unit: 'ms',
})
const words = (name: string, description: string): Port => ({ name, dataType: 'String', isArray: false, description })
const state = (name: string, description: string, choices: readonly string[]): Port => ({
  ...words(name, description),
  choices,
})
const time = (name: string, description: string): Port => ({ name, dataType: 'DateTime', isArray: false, description })

/** States of a step; numbers of `PipelineStepStateEnumeration` follow this order. */
export const stepStates = ['Idle', 'Executing', 'Completed', 'Error', 'Skipped'] as const

/** State of a step. */
export type StepState = (typeof stepStates)[number]

/** Diagnostics of each device. Counters are UInt32 and wrap around (PLC clients cannot read UInt64). */
export const deviceDiagnostics: readonly Port[] = [
  state('connectionState', 'State of the connection.', connectionStates),
  words('lastError', 'Text of the last error; empty while there was none.'),
  count('requestCount', 'Reads, writes and calls sent to the device.'),
  count('errorCount', 'Requests that failed.'),
  count('reconnectCount', 'Connections made after the first.'),
  duration('roundTripTime', 'Time of the last request.'),
  time('lastCommunicationTime', 'When the device last answered.'),
]

/** States of a circuit breaker. */
export const breakerStates = ['Closed', 'Open', 'HalfOpen'] as const

/** State of a circuit breaker: open, nothing is sent; half open, a few probes decide. */
export type BreakerState = (typeof breakerStates)[number]

/** Diagnostics of each device that has a circuit breaker, besides the others. */
export const breakerDiagnostics: readonly Port[] = [
  state('breakerState', 'State of the circuit breaker.', breakerStates),
  count('failureCount', 'Failures in a row.'),
  time('nextProbeTime', 'When an open breaker lets the next attempt through.'),
]

/** Diagnostics of each device in which faults may be injected, besides the others. */
export const faultDiagnostics: readonly Port[] = [
  count('activeFaultCount', 'Faults that are injected now.'),
  { ...words('activeFaults', 'The faults that are injected now, and how long each still lasts.'), isArray: true },
]

/** Diagnostics of each pipeline. */
export const pipelineDiagnostics: readonly Port[] = [
  state('state', 'State of the Program.', ['Halted', 'Ready', 'Running', 'Suspended']),
  words('currentRunId', 'Run that is under way, or the last one.'),
  state('lastOutcome', 'How the last run ended.', outcomes),
  count('runCount', 'Runs started.'),
  count('cycleCount', 'Waves of the current run.'),
  duration('lastCycleTime', 'Duration of the last wave.'),
  count('missedCycleCount', 'Triggers that were skipped, dropped from the queue, or came late by a whole period.'),
  count('queueDepth', 'Triggers that wait for the current wave.'),
  count('heldBackEventCount', 'Step events that were not told because there were too many.'),
  count('blockedCount', 'Times that one of its steps kept the event loop, and so everything, waiting for over 200 ms.'),
  words('lastError', 'Text of the last error; empty while there was none.'),
]

/** Diagnostics of each step. */
export const stepDiagnostics: readonly Port[] = [
  state('state', 'State of the step.', stepStates),
  count('executionCount', 'Times that it was computed or called.'),
  count('errorCount', 'Times that it failed after all its attempts.'),
  duration('lastDuration', 'Duration of the last execution that was asynchronous.'),
  words('lastError', 'Text of the last error; empty while there was none.'),
]

/** The owner of what the server as a whole tells about itself; no device, pipeline or step can have this id. */
export const healthOwner = '@server'

const amount = (name: string, description: string): Port => ({ name, dataType: 'Double', isArray: false, description })

/** Diagnostics of the server as a whole. Counters begin with the program. */
export const healthDiagnostics: readonly Port[] = [
  { name: 'serviceLevel', dataType: 'Byte', isArray: false, description: 'How well the server serves, from 0 to 255.' },
  words('reason', 'Why it does not serve better, and what to do; empty when nothing is wrong.'),
  count('blockedCount', 'Times that everything has waited for over 200 ms, not because of a step.'),
  duration('longestBlock', 'The longest of these times.'),
  count('clockJumpCount', 'Jumps of the wall clock by more than a second.'),
  duration('lastClockJump', 'The last of these jumps; negative when the clock was put back.'),
  count('unhandledRejectionCount', 'Errors of the program that nobody took care of.'),
  count('handleCount', 'Files and sockets that are open.'),
  count('handleLimit', 'Files and sockets that may be open.'),
  amount('heapUsed', 'Bytes in use of the memory for values.'),
  amount('heapLimit', 'Bytes that this memory may grow to.'),
  amount('memoryUsed', 'Bytes of memory in all.'),
]

/** The owner of the historian's diagnostics; no device, pipeline or step can have this id. */
export const historianOwner = '@historian'

/** Diagnostics of the historian. Counters begin with the program. */
export const historianDiagnostics: readonly Port[] = [
  state('state', 'Whether history is kept, and if not, why.', historianStates),
  words('reason', 'What is wrong, where, and what to do; empty when nothing is.'),
  count('recordedCount', 'Samples kept.'),
  count('waitingCount', 'Samples that wait to be kept.'),
  count('lostCount', 'Samples lost; gaps in the history stand for them.'),
  count('recordedEventCount', 'Events kept.'),
  count('lostEventCount', 'Events lost; each loss is told by an event.'),
  count('gapCount', 'Gaps recorded.'),
  count('tagCount', 'Tags whose history is kept.'),
  time('lastWriteTime', 'When samples were kept last.'),
  amount('databaseSize', 'Bytes that the history takes on its disk.'),
  amount('freeSpace', 'Bytes that are free on the disk of the history.'),
]
