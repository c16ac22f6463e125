import { DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { BreakerState } from '../../model/diagnostics.ts'
import { diagnosticTag } from '../../model/diagnostics.ts'
import type { ConnectionState } from '../../model/event.ts'
import type { DeviceDescription } from '../../model/port.ts'
import type { Sample } from '../../model/sample.ts'
import { Status } from '../../model/status.ts'
import { namespaceUris } from '../namespaces.ts'
import { childOf } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { type AlarmContext, Condition, type ConditionOptions } from './condition.ts'
import { Delayed } from './delayed.ts'

/** A device and its object. */
interface Owner {
  readonly node: UAObject
  readonly device: DeviceDescription
}

/** The connection alarm of a device (information model 5.7), a FailureAlarmType of OPC 10000-100. */
export class ConnectionAlarm {
  readonly condition: Condition
  readonly #context: AlarmContext
  readonly #device: DeviceDescription
  readonly #delayed: Delayed<'failed'>
  readonly #onDelayMs: number
  #state: ConnectionState = 'Disabled'

  /** `onDelayMs` is how long a connection may be gone until it is an alarm. */
  constructor(context: AlarmContext, { node, device }: Owner, onDelayMs: number) {
    this.#context = context
    this.#device = device
    this.#onDelayMs = onDelayMs
    const inputNode = childOf<UAVariable>(node, 'ConnectionState').nodeId
    this.condition = new Condition(context, {
      ...placeOf({ node, device }, 'ConnectionFailure'),
      type: { name: 'FailureAlarmType', uri: namespaceUris.devices },
      description: 'The device cannot be reached, although it is to be connected.',
      inputNode,
      severity: connectionSeverity,
      constants: { OnDelay: new Variant({ dataType: DataType.Double, value: onDelayMs }) },
    })
    this.#delayed = new Delayed<'failed'>({
      ...{ clock: context.clock, onDelayMs, offDelayMs: 0 },
      isWorse: (_from, to) => to === 'failed',
      initial: this.condition.trunk.isActive ? 'failed' : undefined,
      onChange: (state, time) => this.#changed(state === 'failed', time),
    })
  }

  /** Takes the state of the connection. While it is being connected, a device is as well or ill as it was. */
  take({ value, sourceTime }: Sample): void {
    const before = this.#state
    this.#state = value as ConnectionState
    if (this.#state === 'Connecting') {
      if (this.condition.trunk.isActive) this.#delayed.input('failed', sourceTime)
      return
    }
    const isFailed = this.#state === 'Error' || this.#state === 'Disconnected'
    // A device begins disabled; an alarm of before the restart is not over because of that.
    const isBeginning = this.#state === 'Disabled' && before === 'Disabled'
    this.#delayed.input(isFailed ? 'failed' : undefined, sourceTime, isBeginning ? this.#onDelayMs : 0)
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#delayed.stop()
    this.condition.stop()
  }

  #changed(isFailed: boolean, time: number): void {
    const { name, id } = this.#device
    if (!isFailed) {
      const message = this.#state === 'Disabled' ? `${name} is disabled` : `${name} is connected again`
      this.condition.input({ kind: 'deactivate', message, time })
      return
    }
    const error = this.#context.space.view.latest(diagnosticTag(id, 'lastError'))?.value
    const reason = typeof error === 'string' && error !== '' ? `: ${error}` : ''
    const message = `${name} cannot be reached${reason}`
    this.condition.input({ kind: 'activate', message, severity: connectionSeverity, time })
  }
}

/** The alarm of a device's circuit breaker: active while it is open, and until a probe has been answered. */
export class BreakerAlarm {
  readonly condition: Condition
  readonly #context: AlarmContext
  readonly #device: DeviceDescription
  #status: number = Status.Good

  constructor(context: AlarmContext, { node, device }: Owner, inputNode: ConditionOptions['inputNode']) {
    this.#context = context
    this.#device = device
    this.condition = new Condition(context, {
      ...placeOf({ node, device }, 'BreakerOpen'),
      type: { name: 'BreakerOpenAlarmType', uri: namespaceUris.types },
      description: 'The device failed so often that it is left alone for a while.',
      inputNode,
      severity: breakerSeverity,
      details: {
        DeviceId: (value) => new Variant({ dataType: DataType.String, value: String(value) }),
        FailureCount: (value) => new Variant({ dataType: DataType.UInt32, value: Number(value) }),
        ErrorCode: (value) => new Variant({ dataType: DataType.StatusCode, value: statusCodeOf(Number(value)) }),
      },
    })
  }

  /** The device failed with this status. */
  failed(status: number): void {
    this.#status = status
  }

  /** Takes the state of the breaker. */
  take({ value, sourceTime: time }: Sample): void {
    const { id, name } = this.#device
    const state = value as BreakerState
    if (state === 'Closed') {
      this.condition.input({ kind: 'deactivate', message: `the breaker of ${name} is closed`, time })
      return
    }
    if (state !== 'Open' || this.condition.trunk.isActive) return
    const count = Number(this.#context.space.view.latest(diagnosticTag(id, 'failureCount'))?.value ?? 0)
    this.condition.input({
      kind: 'activate',
      message: `the breaker of ${name} is open after ${count} failures in a row`,
      severity: breakerSeverity,
      details: { DeviceId: id, FailureCount: count, ErrorCode: this.#status },
      time,
    })
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.condition.stop()
  }
}

const connectionSeverity = 700
const breakerSeverity = 600

function placeOf({ node, device }: Owner, name: string) {
  return {
    name,
    parent: childOf<UAObject>(node, 'DeviceHealthAlarms'),
    id: `dev/${device.id}.DeviceHealthAlarms.${name}`,
    source: node,
    sourceName: device.name,
    notifier: node,
    conditionClass: 'SystemConditionClassType',
  } as const
}
