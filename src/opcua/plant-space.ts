import {
  AccessLevelFlag,
  type AddressSpace,
  type Namespace,
  NodeClass,
  type UAObject,
  type UAVariable,
} from 'node-opcua'
import { Subscription } from 'rxjs'
import type { PlantEvent } from '../model/event.ts'
import { defaultLimits, type Limits } from '../model/limits.ts'
import { Status } from '../model/status.ts'
import { type AlarmOptions, Alarms } from './alarms/alarms.ts'
import { Witnesses } from './call-witness.ts'
import { PlantNodes } from './change/plant-nodes.ts'
import { setErrorCode } from './device-object.ts'
import { auditClients } from './events/audit.ts'
import { type AuditSink, recordClients } from './events/audit-trail.ts'
import { hearLogins } from './events/logins.ts'
import { heardAndKept } from './events/notifiers.ts'
import { raisePlantEvent } from './events/plant-events.ts'
import { completeStackEvents } from './events/stack-events.ts'
import { resultsOf } from './final-result.ts'
import { recordEvents } from './history/events/record-events.ts'
import { HistorizedVariables } from './history/historized-variables.ts'
import { LiveValues } from './live-values.ts'
import { instancesUri } from './namespaces.ts'
import type { PlantView } from './plant-view.ts'
import type { ProgramVariables } from './program-state.ts'
import { type AnonymousAccess, coverAttributes, coverFromNowOn, coverReserved, setPermissions } from './roles.ts'
import type { Log, SpaceContext } from './space-context.ts'
import type { LoginWitness } from './users/logins.ts'
import { showRoleSet } from './users/role-set.ts'
import { type Administering, showUserManagement } from './users/user-management.ts'

/** The plant in an address space; it follows the plant until it is stopped. */
export interface PlantSpace {
  /**
   * Brings the nodes up to date with what the view says now, as one change that clients are told of with the message. Nodes
   * of what has not changed are left alone, and so are the monitored items on them (information-model 5.9).
   */
  change(message: string): void
  /** The variables whose history can be read and changed. */
  readonly historized: HistorizedVariables
  /** Those who hear what clients do. */
  readonly witnesses: Witnesses
  /** The object that shows what the guard does. */
  readonly guard: UAObject
  /** Those who hear who logs in. */
  readonly logins: LoginWitness
  stop(): void
}

/** Builds everything that clients see of a plant, and lets it follow the plant's samples and events. */
export function buildPlantSpace(
  addressSpace: AddressSpace,
  {
    view,
    anonymous,
    log,
    alarms,
    onAudit,
    administering,
    limits = defaultLimits,
  }: {
    view: PlantView
    anonymous: AnonymousAccess
    log: Log
    alarms?: AlarmOptions | undefined
    onAudit?: AuditSink | undefined
    administering?: Omit<Administering, 'sink'> | undefined
    limits?: Limits | undefined
  },
): PlantSpace {
  const namespace = addressSpace.registerNamespace(instancesUri(view.id)) as Namespace
  const live = new LiveValues((tag) => view.latest(tag))
  const context: SpaceContext = {
    addressSpace,
    namespace,
    view,
    live,
    log,
    anonymous,
    variableByTag: new Map(),
    writable: new Set(),
    objectById: new Map(),
    witnesses: new Witnesses(),
    limits,
  }
  const nodes = new PlantNodes(context)
  const historized = new HistorizedVariables(context)
  let kept: Alarms | undefined
  const update = (): void => {
    // The stack would tell of each record by itself; a change is told as one by the nodes.
    addressSpace.suspendModelChangeEvents = true
    historized.unmark()
    nodes.update(() => {
      if (kept) kept.sync()
      else kept = new Alarms(context, alarms)
    })
    makeOthersReadOnly(context)
    historized.mark()
    addressSpace.suspendModelChangeEvents = false
    coverAttributes(namespace.nodeIterator())
  }
  update()
  nodes.keepQuiet()
  completeStackEvents(addressSpace)
  auditClients(context)
  if (onAudit) recordClients(context.witnesses, onAudit)
  if (administering) {
    showUserManagement(context, { ...administering, sink: onAudit })
    showRoleSet(context, { ...administering, sink: onAudit })
  }
  setPermissions(addressSpace, namespace, anonymous)
  coverReserved(addressSpace)
  coverFromNowOn(addressSpace.getNamespace(1))
  live.follow(view.samples$)
  const events = new Subscription()
  if (view.eventHistory) {
    // Before the first event comes: some of them have waited for this.
    addressSpace.rootFolder.objects.server.setEventNotifier(heardAndKept)
    events.add(recordEvents(addressSpace, view.eventHistory, log))
  }
  if (view.jobs) events.add(nodes.jobLists.follow(view.jobs))
  events.add(view.events$.subscribe((event) => showEvent(context, nodes.programs, event)))
  kept?.follow()
  return {
    historized,
    witnesses: context.witnesses,
    guard: context.objectById.get('guard') as UAObject,
    logins: hearLogins(context, onAudit),
    change(message) {
      update()
      nodes.tell(message)
    },
    stop() {
      kept?.stop()
      events.unsubscribe()
      live.stop()
    },
  }
}

/** The stack makes a variable writable unless told otherwise; instances get what was declared and nothing else. */
function makeOthersReadOnly({ namespace, writable }: SpaceContext): void {
  for (const node of namespace.nodeIterator()) {
    if (node.nodeClass !== NodeClass.Variable || writable.has(node as UAVariable)) continue
    const variable = node as UAVariable
    if (variable.accessLevel === AccessLevelFlag.CurrentRead) continue
    variable.accessLevel = AccessLevelFlag.CurrentRead
    variable.userAccessLevel = AccessLevelFlag.CurrentRead
  }
}

function showEvent(context: SpaceContext, programs: Map<string, ProgramVariables>, event: PlantEvent): void {
  // What an event tells can be read when it arrives.
  showState(context, programs, event)
  raisePlantEvent(context, event)
}

function showState(context: SpaceContext, programs: Map<string, ProgramVariables>, event: PlantEvent): void {
  switch (event.kind) {
    case 'programTransitioned':
      programs.get(event.pipeline)?.transitioned(event)
      break
    case 'pipelineCompleted':
      context.live.take(resultsOf(context, event))
      break
    case 'deviceFailed':
      setErrorCode(context, event.device, event.status, event.time)
      break
    case 'deviceConnected':
      setErrorCode(context, event.device, Status.Good, event.time)
      break
  }
}
