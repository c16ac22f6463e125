import type { Logger } from 'pino'
import type { Observable, Subscription } from 'rxjs'
import type { PlantEvent } from './model/event.ts'
import { isGood } from './model/status.ts'

/** How loud each kind of event is; those that are not listed are for debugging only. Devices tell of their links themselves. */
const levels = {
  pipelineFailed: 'error',
  runCutOff: 'warn',
  stepFailed: 'warn',
  stepRestarted: 'warn',
  stepBlocked: 'warn',
  pluginRefused: 'error',
  stepEventsHeldBack: 'warn',
  historyGap: 'warn',
  eventLoopBlocked: 'warn',
  clockJumped: 'warn',
  pipelineStarted: 'info',
  pipelineCompleted: 'info',
} as const

/** Writes a line for each event that somebody at the plant would want to see. */
export function logEvents(events$: Observable<PlantEvent>, log: Logger): Subscription {
  return events$.subscribe((event) => {
    if (event.kind === 'tagWritten' || event.kind === 'methodCalled') {
      const level = isGood(event.status) ? (event.initiator.startsWith('pipeline:') ? 'debug' : 'info') : 'warn'
      log[level](subjectOf(event), event.message)
      return
    }
    if (event.kind === 'historianStateChanged') {
      log[event.state === 'Ok' ? 'info' : 'error'](subjectOf(event), event.message)
      return
    }
    if (event.kind === 'serviceLevelChanged') {
      log[event.reason === '' ? 'info' : 'warn'](subjectOf(event), event.message)
      return
    }
    const level = event.kind in levels ? levels[event.kind as keyof typeof levels] : 'debug'
    log[level](subjectOf(event), event.message)
  })
}

function subjectOf(event: PlantEvent): object {
  if ('device' in event) return { device: event.device }
  return 'pipeline' in event ? { pipeline: event.pipeline, run: event.runId } : {}
}
