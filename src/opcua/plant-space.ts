import {
  AccessLevelFlag,
  type AddressSpace,
  DataType,
  type Namespace,
  NodeClass,
  type UAObject,
  type UAVariable,
} from 'node-opcua'
import { Subscription } from 'rxjs'
import { systemClock } from '../model/clock.ts'
import type { PlantEvent } from '../model/event.ts'
import { Status } from '../model/status.ts'
import { Witnesses } from './call-witness.ts'
import { addDevice, setErrorCode } from './device-object.ts'
import { addEquipment, setNodeVersion } from './equipment-tree.ts'
import { auditClients } from './events/audit.ts'
import { addNotifiers } from './events/notifiers.ts'
import { raisePlantEvent } from './events/plant-events.ts'
import { completeStackEvents } from './events/stack-events.ts'
import { resultsOf } from './final-result.ts'
import { fingerprintOf } from './fingerprint.ts'
import { addFlowReferences } from './flow-references.ts'
import { LiveValues } from './live-values.ts'
import { instancesUri, namespaceUris } from './namespaces.ts'
import { addPipeline } from './pipeline-object.ts'
import type { PlantView } from './plant-view.ts'
import { ProgramVariables } from './program-state.ts'
import { type AnonymousAccess, coverAttributes, setPermissions } from './roles.ts'
import { childOf, type Log, objectTypeOf, type SpaceContext } from './space-context.ts'
import { addNamespaceMetadata } from './types/namespace-metadata.ts'

/** The plant in an address space; it follows the plant until it is stopped. */
export interface PlantSpace {
  stop(): void
}

/** Builds everything that clients see of a plant, and lets it follow the plant's samples and events. */
export function buildPlantSpace(
  addressSpace: AddressSpace,
  { view, anonymous, log }: { view: PlantView; anonymous: AnonymousAccess; log: Log },
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
  }
  const wasSuspended = addressSpace.suspendModelChangeEvents
  addressSpace.suspendModelChangeEvents = true
  const programs = addPlant(context)
  addressSpace.suspendModelChangeEvents = wasSuspended
  completeStackEvents(addressSpace)
  auditClients(context)
  makeOthersReadOnly(context)
  coverAttributes(namespace)
  setPermissions(addressSpace, namespace, anonymous)
  live.follow(view.samples$)
  const events = new Subscription()
  events.add(view.events$.subscribe((event) => showEvent(context, programs, event)))
  return {
    stop() {
      events.unsubscribe()
      live.stop()
    },
  }
}

function addPlant(context: SpaceContext): Map<string, ProgramVariables> {
  const { view, addressSpace, namespace } = context
  addNamespaceMetadata(addressSpace, namespace, {
    version: fingerprintOf([view.equipment, view.devices, view.pipelines]),
    publicationDate: new Date(systemClock.now()),
    nodeId: 's=namespace',
  })
  addEquipment(context)
  for (const device of view.devices) addDevice(context, device)
  const programs = new Map<string, ProgramVariables>()
  const runtimePipelines = addRuntime(context)
  for (const pipeline of view.pipelines) {
    const node = addPipeline(context, pipeline)
    runtimePipelines.addReference({ referenceType: 'Organizes', nodeId: node.nodeId })
    const program = new ProgramVariables(context, node, pipeline.id)
    program.show(view.programState(pipeline.id), view.lastTransition(pipeline.id))
    programs.set(pipeline.id, program)
  }
  for (const pipeline of view.pipelines) addFlowReferences(context, pipeline)
  addNotifiers(context)
  return programs
}

/** Adds the one object that organizes every pipeline of the plant, and returns its folder. */
function addRuntime(context: SpaceContext): UAObject {
  const { view, namespace } = context
  const node = objectTypeOf(context, 'PipelineRuntimeType', namespaceUris.types).instantiate({
    browseName: 'PipelineRuntime',
    displayName: 'PipelineRuntime',
    namespace,
    nodeId: 's=runtime',
    organizedBy: 'ObjectsFolder',
  })
  childOf<UAVariable>(node, 'ConfigurationVersion').setValueFromSource({
    dataType: DataType.String,
    value: fingerprintOf([view.equipment, view.devices, view.pipelines]),
  })
  const pipelines = childOf<UAObject>(node, 'Pipelines')
  setNodeVersion(pipelines)
  return pipelines
}

/** The stack makes a variable writable unless told otherwise; instances get what was declared and nothing else. */
function makeOthersReadOnly({ namespace, writable }: SpaceContext): void {
  for (const node of namespace.nodeIterator()) {
    if (node.nodeClass !== NodeClass.Variable || writable.has(node as UAVariable)) continue
    const variable = node as UAVariable
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
