import { DataType, type UAVariable, Variant } from 'node-opcua'
import { systemClock } from '../model/clock.ts'
import { diagnosticTag } from '../model/diagnostics.ts'
import type { DeviceDescription } from '../model/port.ts'
import { Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import { setValue } from './live-values.ts'
import type { SpaceContext } from './space-context.ts'

/** Numbers of DI's DeviceHealthEnumeration (OPC 10000-100 §4.5.4) that we tell. */
export const deviceHealth = { normal: 0, failure: 1, checkFunction: 2, offSpec: 3 } as const

/** Statuses of values that the device did not measure just now: simulated, substituted or held. */
const offSpecStatuses: ReadonlySet<number> = new Set([
  Status.UncertainSimulatedValue,
  Status.UncertainSubstituteValue,
  Status.UncertainLastUsableValue,
  Status.UncertainNoCommunicationLastUsableValue,
])

/**
 * Lets a variable show the health of a device: FAILURE while it is enabled and cannot be reached, CHECK_FUNCTION while it is
 * disabled or faults are injected into it, OFF_SPEC while it is connected and a tag of it is simulated or held, else NORMAL.
 *
 * A device that is connecting keeps the health it had, so that a device which cannot be reached does not flicker.
 */
export function bindHealth({ live }: SpaceContext, variable: UAVariable, device: DeviceDescription): void {
  const offSpec = new Set<string>()
  let byLink: number = deviceHealth.checkFunction
  let isDisturbed = false
  let shown: number | undefined
  const show = (time: number): void => {
    const whenWell = isDisturbed
      ? deviceHealth.checkFunction
      : offSpec.size > 0
        ? deviceHealth.offSpec
        : deviceHealth.normal
    const health = byLink === deviceHealth.normal ? whenWell : byLink
    if (health === shown) return
    shown = health
    setValue(variable, new Variant({ dataType: DataType.Int32, value: health }), Status.Good, time)
  }
  variable.minimumSamplingInterval = 0
  show(systemClock.now())
  live.watch(diagnosticTag(device.id, 'connectionState'), ({ value, sourceTime }) => {
    byLink = healthOfLink(String(value)) ?? byLink
    show(sourceTime)
  })
  if (device.allowsFaults) {
    live.watch(diagnosticTag(device.id, 'activeFaultCount'), ({ value, sourceTime }) => {
      isDisturbed = value !== 0
      show(sourceTime)
    })
  }
  const tags = new Set([...device.outputs, ...device.inputs].map(({ name }) => ownerTag(device.id, name)))
  live.watchAll(tags, ({ status, sourceTime }, tag) => {
    const isOff = status !== Status.Good && offSpecStatuses.has((status & 0xffff0000) >>> 0)
    if (isOff === (offSpec.size > 0 && offSpec.has(tag))) return
    if (isOff) offSpec.add(tag)
    else offSpec.delete(tag)
    show(sourceTime)
  })
}

function healthOfLink(state: string): number | undefined {
  switch (state) {
    case 'Connected':
      return deviceHealth.normal
    case 'Disconnected':
    case 'Error':
      return deviceHealth.failure
    case 'Disabled':
      return deviceHealth.checkFunction
    default:
      return undefined
  }
}
