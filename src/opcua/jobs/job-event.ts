import { DataType, NodeId, VariantArrayType, type VariantLike } from 'node-opcua'
import type { PlantEvent } from '../../model/event.ts'
import { nullVariant } from '../conversion.ts'
import { type EventFields, text } from '../events/raising.ts'
import type { SpaceContext } from '../space-context.ts'
import { resultsObject } from './job-management.ts'
import { stateStructure } from './job-response.ts'
import { jobRows } from './job-rows.ts'

/**
 * The fields of ISA95JobOrderStatusEventType (OPC 10031-4 V2 §6.2.9). It comes from JobOrderResults, whose list has the same
 * response; there is none before the job order has begun.
 */
export function jobEventFields(
  context: SpaceContext,
  { equipment, job }: Extract<PlantEvent, { readonly kind: 'jobChanged' }>,
): EventFields {
  const { addressSpace } = context
  const results = resultsObject(context, equipment)
  const rows = jobRows(addressSpace)
  const response = rows.response(job)
  const structure = (value: object): VariantLike => ({ dataType: DataType.ExtensionObject, value })
  return {
    sourceNode: { dataType: DataType.NodeId, value: results?.nodeId ?? new NodeId() },
    sourceName: text('JobOrderResults'),
    jobOrder: structure(rows.order(job)),
    jobState: {
      dataType: DataType.ExtensionObject,
      arrayType: VariantArrayType.Array,
      value: [stateStructure(addressSpace, job.state)],
    },
    jobResponse: response ? structure(response) : nullVariant,
  }
}
