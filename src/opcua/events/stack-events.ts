import { type AddressSpace, DataType, type IEventData, type VariantLike } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { localTime } from './raising.ts'

/** The part of the stack's address space that puts an event together. */
interface ConstructsEvents {
  constructEventData(eventType: unknown, data: Record<string, VariantLike>): IEventData
}

/** Severity of what the stack raises without one: 0 is not in the range of Part 5 §6.4.2. */
const defaultSeverity = 100

/** Completes the events that the stack raises itself: it gives them severity 0, and a DateTime where LocalTime is a time zone. */
export function completeStackEvents(addressSpace: AddressSpace): void {
  const target = addressSpace as unknown as ConstructsEvents
  const construct = target.constructEventData.bind(addressSpace)
  target.constructEventData = (eventType, data) => {
    data.severity ??= { dataType: DataType.UInt16, value: defaultSeverity }
    data.localTime ??= localTime(systemClock.now())
    return construct(eventType, data)
  }
}
