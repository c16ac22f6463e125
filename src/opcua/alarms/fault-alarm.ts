import { coerceNodeId, DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { PlantEvent } from '../../model/event.ts'
import type { PipelineDescription } from '../../model/port.ts'
import { namespaceUris } from '../namespaces.ts'
import { childOf } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { type AlarmContext, Condition } from './condition.ts'

/** The fault alarm of a pipeline: active from the error that halted it until it is reset. */
export class FaultAlarm {
  readonly condition: Condition
  readonly #pipeline: PipelineDescription

  constructor(context: AlarmContext, { node, pipeline }: { node: UAObject; pipeline: PipelineDescription }) {
    this.#pipeline = pipeline
    const { index } = context.space.namespace
    this.condition = new Condition(context, {
      type: { name: 'PipelineFaultAlarmType', uri: namespaceUris.types },
      name: 'Fault',
      description: 'The pipeline was halted by an error.',
      parent: childOf<UAObject>(node, 'Alarms'),
      id: `pipe/${pipeline.id}.Alarms.Fault`,
      source: node,
      sourceName: pipeline.name,
      notifier: node,
      inputNode: childOf<UAVariable>(node, 'CurrentState').nodeId,
      conditionClass: 'SystemConditionClassType',
      severity,
      details: {
        PipelineId: text,
        RunId: text,
        ErrorCode: (value) => new Variant({ dataType: DataType.StatusCode, value: statusCodeOf(Number(value)) }),
        FailedStep: (step) =>
          new Variant({ dataType: DataType.NodeId, value: coerceNodeId(`ns=${index};s=pipe/${pipeline.id}/${step}`) }),
      },
    })
    // It was restored as active, but a pipeline that was started anew has been reset.
    if (context.space.view.programState(pipeline.id) !== 'Halted') this.#clear(context.clock.now())
  }

  /** Takes an event of its pipeline. */
  happened(event: PlantEvent): void {
    if (event.kind === 'pipelineFailed') {
      const { message, time, runId, status, step } = event
      const details = { PipelineId: this.#pipeline.id, RunId: runId, ErrorCode: status }
      this.condition.input({
        ...{ kind: 'activate', message, severity, time },
        details: step === undefined ? details : { ...details, FailedStep: step },
      })
    }
    if (event.kind === 'programTransitioned' && event.to !== 'Halted') this.#clear(event.time)
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.condition.stop()
  }

  #clear(time: number): void {
    this.condition.input({ kind: 'deactivate', message: `${this.#pipeline.name} was reset`, time })
  }
}

const severity = 800

function text(value: string | number): Variant {
  return new Variant({ dataType: DataType.String, value: String(value) })
}
