import { DataType, type DataValue, type UAVariable, VariantArrayType, type VariantLike } from 'node-opcua'
import { DeleteRawModifiedDetails, UpdateDataDetails } from 'node-opcua-types'
import { systemClock } from '../../model/clock.ts'
import type { HistoryDetails, MadeHistoryUpdate } from '../call-witness.ts'
import type { SpaceContext } from '../space-context.ts'
import { auditFields, messageOf, nameOf, nodeId } from './audit-fields.ts'
import { notifierOf } from './notifiers.ts'
import { type EventFields, type RaisedTypeName, raise } from './raising.ts'

/** Values that an event has at most; a request may bring very many. */
const valuesMax = 100

/** Bytes of values that an event has at most, about: it is sent to everybody who listens, and kept. */
const bytesMax = 64 * 1024

/** Raises the audit event of a change of history, or of an attempt (AuditHistoryUpdateEventType, Part 11 §5.8). */
export function raiseHistoryUpdate(context: SpaceContext, made: MadeHistoryUpdate): void {
  const { node, session, details, status } = made
  const source = notifierOf(node)
  if (!source) return
  const time = systemClock.now()
  const { type, what, fields } = tellingOf(details, arrayOf(made.before))
  const message = messageOf(session, `${what} of ${node.browseName.name} of ${nameOf(source)}`, status)
  raise(context, { source, type, time, message }, () => ({
    ...auditFields(context, { session, status, time, service: 'HistoryUpdate' }),
    sourceNode: nodeId((node as UAVariable).nodeId),
    parameterDataTypeId: nodeId(details.schema.dataTypeNodeId),
    updatedNode: nodeId(details.nodeId),
    ...fields,
  }))
}

interface Telling {
  readonly type: RaisedTypeName
  /** What was done, for people. */
  readonly what: string
  readonly fields: EventFields
}

function tellingOf(details: HistoryDetails, oldValues: VariantLike): Telling {
  if (details instanceof UpdateDataDetails) {
    const { updateValues, performInsertReplace } = details
    const values = updateValues ?? []
    return {
      type: 'HistoryUpdateAuditEventType',
      what: `put ${values.length} values into the history`,
      fields: {
        performInsertReplace: { dataType: DataType.Int32, value: performInsertReplace | 0 },
        newValues: arrayOf(values),
        oldValues,
      },
    }
  }
  if (details instanceof DeleteRawModifiedDetails) {
    const { isDeleteModified, startTime, endTime } = details
    return {
      type: 'HistoryRawDeleteAuditEventType',
      what: isDeleteModified ? 'deleted the changes of a range of the history' : 'deleted a range of the history',
      fields: {
        isDeleteModified: { dataType: DataType.Boolean, value: isDeleteModified },
        startTime: { dataType: DataType.DateTime, value: startTime },
        endTime: { dataType: DataType.DateTime, value: endTime },
        oldValues,
      },
    }
  }
  const times = details.reqTimes ?? []
  const value = times.slice(0, valuesMax)
  return {
    type: 'HistoryAtTimeDeleteAuditEventType',
    what: `deleted ${times.length} times of the history`,
    fields: { reqTimes: { dataType: DataType.DateTime, arrayType: VariantArrayType.Array, value }, oldValues },
  }
}

/** The first of the values, as many as an event may have. */
function arrayOf(values: readonly DataValue[]): VariantLike {
  let bytes = 0
  const first = values.slice(0, valuesMax).filter((value) => {
    bytes += value.binaryStoreSize()
    return bytes <= bytesMax
  })
  return { dataType: DataType.DataValue, arrayType: VariantArrayType.Array, value: first }
}
