import type { UAMethod, UAObject, Variant } from 'node-opcua'
import { MillraceError } from '../model/errors.ts'
import type { Fault } from '../model/fault.ts'
import type { DeviceDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { bindMethod, describeMethod } from './calling.ts'
import { fromVariant } from './conversion.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { namespaceUris } from './namespaces.ts'
import { restrictCall } from './roles.ts'
import { objectTypeOf, type SpaceContext } from './space-context.ts'
import { type FaultMethodName, faultMethods } from './types/fault-types.ts'

/** What the arguments after the duration ask for. */
type FaultOf = (inputs: readonly Variant[], device: DeviceDescription) => Fault

const faults: Readonly<Record<Exclude<FaultMethodName, 'InjectTrip' | 'ClearFaults'>, FaultOf>> = {
  InjectDelay: ([delay]) => ({ kind: 'delay', delayMs: Number(delay?.value) }),
  InjectDrop: ([share]) => ({ kind: 'drop', share: Number(share?.value) }),
  InjectStuck: ([tag]) => ({ kind: 'stuck', port: nameOf(tag) }),
  InjectSpike: ([tag, value, count], device) => ({
    ...{ kind: 'spike', port: nameOf(tag), value: spikeValue(nameOf(tag), value, device), count: Number(count?.value) },
  }),
  InjectBadStatus: ([tag, status]) => ({
    ...{ kind: 'badStatus', port: nameOf(tag) || undefined, status: Number(status?.value?.value ?? 0) },
  }),
  InjectDisconnect: () => ({ kind: 'disconnect' }),
}

/**
 * Adds the object of a device through which faults are injected. It is there only where the plant file allows it, and its
 * methods are for the role Engineer and those above it; whoever may operate without a login may not.
 */
export function addFaultInjection(context: SpaceContext, parent: UAObject, device: DeviceDescription): void {
  const node = objectTypeOf(context, 'FaultInjectionType', namespaceUris.types).instantiate({
    browseName: 'FaultInjection',
    displayName: 'FaultInjection',
    description: 'Faults to try out what the plant makes of them. The plant file allows it.',
    namespace: context.namespace,
    nodeId: `s=dev/${device.id}.FaultInjection`,
    componentOf: parent,
  })
  bindDiagnostics(context, node, device.id, [
    { name: 'activeFaultCount', member: 'ActiveFaultCount', kind: 'count' },
    { name: 'activeFaults', member: 'ActiveFaults', kind: 'texts' },
  ])
  const { view } = context
  const bind = (name: FaultMethodName, act: (inputs: readonly Variant[], initiator: string) => Promise<void>): void => {
    const method = node.getMethodByName(name) as UAMethod | null
    if (!method) throw new Error(`FaultInjectionType lacks ${name}`)
    describeMethod(method, faultMethods[name].description)
    bindMethod(context, method, async (inputs, initiator) => {
      await act(inputs, initiator)
      return []
    })
    restrictCall(method, 'Engineer', context.anonymous === 'none' ? 'none' : 'observe')
  }
  for (const [name, faultOf] of Object.entries(faults)) {
    bind(name as FaultMethodName, ([duration, ...inputs], initiator) => {
      const order = { fault: faultOf(inputs, device), durationMs: Number(duration?.value) }
      return view.injectFault(device.id, order, initiator)
    })
  }
  bind('InjectTrip', (_inputs, initiator) =>
    view.injectFault(device.id, { fault: { kind: 'trip' }, durationMs: 0 }, initiator),
  )
  bind('ClearFaults', (_inputs, initiator) => view.clearFaults(device.id, initiator))
}

function nameOf(variant: Variant | undefined): string {
  return typeof variant?.value === 'string' ? variant.value : ''
}

/** The value of a spike, of the type of its tag; a tag that there is none of is refused by the device. */
function spikeValue(tag: string, variant: Variant | undefined, { id, outputs }: DeviceDescription): Value {
  const port = outputs.find(({ name }) => name === tag)
  if (!port) return null
  const value = variant && fromVariant(port, variant)
  if (value !== undefined) return value
  throw new MillraceError('value-invalid', `the value is no ${port.dataType}, which ${id}.${tag} is; give one`, {
    status: Status.BadTypeMismatch,
  })
}
