import { coerceLocalizedText, DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import { systemClock } from '../model/clock.ts'
import { diagnosticTag } from '../model/diagnostics.ts'
import { Status } from '../model/status.ts'
import { setValue } from './live-values.ts'
import { namespaceUris } from './namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/** States of a MachineryItem (OPC 40001-1 §12.2). */
export type ItemState = 'NotAvailable' | 'OutOfService' | 'NotExecuting' | 'Executing'

/** What decides about the state of a work unit. */
export interface ItemFacts {
  /** State of the connection of each device. */
  readonly links: readonly string[]
  /** State of the Program of each pipeline, and how its last run ended. */
  readonly programs: readonly { readonly state: string; readonly outcome: string }[]
}

/**
 * The state of a work unit, from the worst on: a unit whose devices are all disabled or cannot be reached is not available;
 * one with an ill device (in Error, or out of reach while others are not) or a failed pipeline is out of service; else it
 * executes while one of its pipelines runs.
 */
export function itemStateOf({ links, programs }: ItemFacts): ItemState {
  if (links.includes('Error')) return 'OutOfService'
  if (links.length > 0 && !links.includes('Connected')) return 'NotAvailable'
  if (links.some((link) => link !== 'Connected' && link !== 'Disabled')) return 'OutOfService'
  if (programs.some(({ state, outcome }) => state === 'Halted' && outcome === 'Failed')) return 'OutOfService'
  return programs.some(({ state }) => state === 'Running') ? 'Executing' : 'NotExecuting'
}

/**
 * Lets the MachineryItemState of a work unit follow the devices and pipelines in it and in what stands inside it.
 *
 * The variables are set directly: the stack's own state machine raises a bare abstract event for each transition.
 */
export function bindItemState(context: SpaceContext, node: UAObject, path: string): void {
  const { view, live } = context
  const isInside = ({ equipment }: { equipment: string }) => equipment === path || equipment.startsWith(`${path}/`)
  const links = new Map<string, string>()
  const programs = new Map<string, { state: string; outcome: string }>()
  const showState = stateVariable(context, node)
  const follow = (owner: string, name: string, take: (text: string) => void): void =>
    live.watch(diagnosticTag(owner, name), ({ value, sourceTime }) => {
      take(String(value))
      show(sourceTime)
    })
  const show = (time: number): void =>
    showState(itemStateOf({ links: [...links.values()], programs: [...programs.values()] }), time)
  for (const { id } of view.devices.filter(isInside)) {
    links.set(id, 'Disabled')
    follow(id, 'connectionState', (text) => links.set(id, text))
  }
  for (const { id } of view.pipelines.filter(isInside)) {
    const program = { state: view.programState(id) as string, outcome: 'None' }
    programs.set(id, program)
    follow(id, 'state', (text) => Object.assign(program, { state: text }))
    follow(id, 'lastOutcome', (text) => Object.assign(program, { outcome: text }))
  }
  show(systemClock.now())
}

/** Shows a state in CurrentState and its Id, when it has changed. */
function stateVariable(context: SpaceContext, node: UAObject): (state: ItemState, time: number) => void {
  const type = objectTypeOf(context, 'MachineryItemState_StateMachineType', namespaceUris.machinery)
  const current = childOf<UAVariable>(node, 'CurrentState')
  const id = childOf<UAVariable>(current, 'Id')
  for (const variable of [current, id]) variable.minimumSamplingInterval = 0
  let shown: ItemState | undefined
  return (state, time) => {
    if (state === shown) return
    shown = state
    const { nodeId } = childOf<UAObject>(type as unknown as UAObject, state)
    setValue(id, new Variant({ dataType: DataType.NodeId, value: nodeId }), Status.Good, time)
    const text = new Variant({ dataType: DataType.LocalizedText, value: coerceLocalizedText(state) })
    setValue(current, text, Status.Good, time)
  }
}
