import { merge, type Observable } from 'rxjs'
import { stop } from './commands.ts'
import type { Deployment } from './deployment.ts'
import type { DurableState } from './durable-state.ts'
import type { EventHistory } from './event-history.ts'
import type { Historian } from './historian.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { PlantEvent } from './model/event.ts'
import type { PlantView } from './opcua/plant-view.ts'
import { type RunningServer, startServer } from './opcua/server.ts'
import type { PlantHealth } from './plant-health.ts'
import { jobsViewOf } from './plant-jobs.ts'
import type { PlantOptions } from './plant-options.ts'
import type { PlantParts } from './plant-parts.ts'
import { usersShown } from './plant-users.ts'
import { runsViewOf } from './runs-view.ts'
import type { Users } from './users/users.ts'
import { viewOf } from './view-of-plant.ts'

/** What is shown besides the parts of the plant. */
export interface Shown {
  readonly deploying: Deployment
  readonly history: Historian | undefined
  readonly events: EventHistory | undefined
  readonly state: DurableState | undefined
  readonly jobs: Jobs
  readonly users: Users | undefined
  /** What the historian tells, and what is to be told of the time before. */
  readonly told: Observable<PlantEvent>
  readonly health: PlantHealth
}

/** Starts the server of a plant. */
export function servePlant(options: PlantOptions, parts: PlantParts, shown: Shown): Promise<RunningServer> {
  const { plant, log, watchCertificates } = options
  const { server: settings } = plant.definition
  const { state, users } = shown
  return startServer({
    view: shown.health.show(viewWith(parts, shown)),
    port: options.port,
    bind: settings.bind,
    name: settings.name,
    nodesets: plant.nodesets,
    certificatesFolder: options.certificatesFolder,
    anonymous: settings.anonymous,
    allowUnsecured: settings.allowUnsecured,
    certificateRules: settings.certificates,
    limits: settings.limits,
    log: (level, message) => log[level](message),
    ...(state && { alarms: { store: state.conditions }, onAudit: (record) => state.audit(record) }),
    ...(options.users ? { users: options.users } : usersShown(users)),
    ...(watchCertificates === undefined ? {} : { watchCertificates }),
  })
}

/** What the parts show, with the historian among it. Getters follow the definition that is in use, so the view is not copied but extended. */
function viewWith(parts: PlantParts, shown: Shown): PlantView {
  const { deploying, history, events, state, told, jobs } = shown
  const view = viewOf(parts)
  Object.defineProperties(view, {
    deploying: { value: deploying },
    history: { value: history },
    eventHistory: { value: events },
    runs: { value: runsViewOf(shown) },
    jobs: { value: jobsViewOf(jobs, state) },
    ...(state && {
      kept: { value: () => state.kept() },
      stop: {
        value: async (pipeline: string, initiator: string) => {
          stop(parts, pipeline, { initiator })
          state.stopAsked(pipeline)
          jobs.stopAsked(pipeline)
        },
      },
    }),
  })
  if (!history) return view
  return Object.defineProperties(view, {
    samples$: { value: merge(view.samples$, history.samples$) },
    events$: { value: merge(view.events$, told) },
    latest: { value: (tag: string) => parts.devices.latest(tag) ?? parts.pipelines.latest(tag) ?? history.latest(tag) },
  })
}
