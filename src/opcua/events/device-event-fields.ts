import { type NodeId, NodeId as NodeIdClass, type VariantLike } from 'node-opcua'
import { diagnosticTag } from '../../model/diagnostics.ts'
import { type ConnectionState, connectionStates, type PlantEvent } from '../../model/event.ts'
import type { Port } from '../../model/port.ts'
import type { Value } from '../../model/value.ts'
import { nullVariant, toVariant } from '../conversion.ts'
import type { SpaceContext } from '../space-context.ts'
import { duration, int32, nodeId, statusCode, uint32 } from './field-values.ts'
import { type EventFields, text } from './raising.ts'

type Of<Name extends PlantEvent['kind']> = Extract<PlantEvent, { readonly kind: Name }>

/** The fields of DeviceEventType. */
export function deviceFields({ device }: { readonly device: string }, state: ConnectionState): EventFields {
  return { deviceId: text(device), connectionState: int32(connectionStates.indexOf(state)) }
}

/** The fields of TagWrittenEventType. */
export function writtenFields(event: Of<'tagWritten'>, context: SpaceContext): EventFields {
  const { device, tag, initiator, oldValue, newValue, status, count } = event
  const described = context.view.devices.find(({ id }) => id === device)
  const name = tag.slice(device.length + 1)
  const port = [...(described?.inputs ?? []), ...(described?.outputs ?? [])].find((each) => each.name === name)
  return {
    ...deviceFields(event, stateOf(device, context)),
    tag: nodeId(tagNode(context, tag)),
    initiator: text(initiator),
    oldValue: shownValue(port, oldValue),
    newValue: shownValue(port, newValue),
    writeStatus: statusCode(status),
    count: uint32(count),
  }
}

/** A value that its tag cannot have was refused, and is told as the text that it comes close to. */
function shownValue(port: Port | undefined, value: Value): VariantLike {
  const converted = port && toVariant(port, value)
  if (converted && 'variant' in converted) return converted.variant
  return value === null ? nullVariant : text(String(value).slice(0, shownLengthMax))
}

const shownLengthMax = 200

/** The fields of FaultEventType. */
export function faultFields(event: Of<'faultInjected' | 'faultCleared'>, context: SpaceContext): EventFields {
  return {
    ...deviceFields(event, stateOf(event.device, context)),
    fault: text(event.fault),
    tag: nodeId(event.tag === undefined ? new NodeIdClass() : tagNode(context, event.tag)),
    initiator: text(event.initiator),
    duration: duration(event.durationMs),
  }
}

function stateOf(device: string, { view }: SpaceContext): ConnectionState {
  const state = view.latest(diagnosticTag(device, 'connectionState'))?.value
  return connectionStates.find((each) => each === state) ?? 'Disabled'
}

function tagNode({ variableByTag }: SpaceContext, tag: string): NodeId {
  return variableByTag.get(tag)?.nodeId ?? new NodeIdClass()
}
