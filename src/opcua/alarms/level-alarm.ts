import { DataType, sameNodeId, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { AlarmLimits } from '../../model/definition.ts'
import type { PipelineDescription } from '../../model/port.ts'
import type { Sample } from '../../model/sample.ts'
import { isBad, Status } from '../../model/status.ts'
import { ownerTag } from '../../model/tag.ts'
import { childOf } from '../space-context.ts'
import { type AlarmContext, Condition } from './condition.ts'
import { Delayed } from './delayed.ts'
import { isEscalation, type Level, levelOf, limitOf } from './level.ts'

type Output = PipelineDescription['outputs'][number]

/** What a level alarm is of. */
export interface LevelAlarmOptions {
  /** The object of the pipeline; it hears of the alarms of its outputs. */
  readonly node: UAObject
  readonly pipeline: PipelineDescription
  readonly output: Output
  readonly alarm: AlarmLimits
}

const texts: Readonly<Record<Level, string>> = {
  HighHigh: 'above its high-high limit of',
  High: 'above its high limit of',
  Low: 'below its low limit of',
  LowLow: 'below its low-low limit of',
}

/** The level alarm of an output: `<output>Level`, an ExclusiveLevelAlarmType (Part 9 §5.8.20.2). */
export class LevelAlarm {
  readonly condition: Condition
  readonly #pipeline: PipelineDescription
  readonly #output: Output
  readonly #alarm: AlarmLimits
  readonly #delayed: Delayed<Level>
  readonly #reference: { readonly node: UAObject; readonly source: UAVariable }
  #value = Number.NaN
  /** The quality that the alarm came back with, until the first sample. */
  #qualityBefore: number | undefined

  constructor(context: AlarmContext, { node, pipeline, output, alarm }: LevelAlarmOptions) {
    this.#pipeline = pipeline
    this.#output = output
    this.#alarm = alarm
    const { space, clock } = context
    const source = space.variableByTag.get(ownerTag(pipeline.id, output.name))
    if (!source) throw new Error(`${pipeline.id}.${output.name} has no variable`)
    // A condition's source is the target of a HasEventSource (Part 9 §5.12).
    node.addReference({ referenceType: 'HasEventSource', nodeId: source.nodeId })
    this.#reference = { node, source }
    this.condition = new Condition(context, {
      type: { name: 'ExclusiveLevelAlarmType' },
      name: `${output.name}Level`,
      description: `Limits of ${output.name}.`,
      parent: childOf<UAObject>(node, 'Alarms'),
      id: `pipe/${pipeline.id}.Alarms.${output.name}Level`,
      source,
      sourceName: output.name,
      notifier: node,
      inputNode: source.nodeId,
      conditionClass: 'ProcessConditionClassType',
      constants: constantsOf(alarm),
      severity: severityOf(undefined, alarm),
      quality: Status.BadWaitingForInitialData,
      isConfirmRequired: alarm.confirm,
    })
    this.#delayed = new Delayed<Level>({
      clock,
      onDelayMs: alarm.onDelayMs ?? 0,
      offDelayMs: alarm.offDelayMs ?? 0,
      isWorse: isEscalation,
      initial: this.condition.trunk.level as Level | undefined,
      onChange: (level, time) => this.#changed(level, time),
    })
  }

  /**
   * Begins with what is known. A value from before a restart, or of a pipeline that does not run, is not evaluated: the state
   * that was kept of the alarm is newer, and the value would make it come or go without anything having been measured.
   */
  begin(sample: Sample): void {
    const { status, sourceTime } = sample
    if (status !== Status.UncertainLastUsableValue && status !== Status.BadWaitingForInitialData) {
      this.take(sample)
      return
    }
    this.#qualityBefore = this.condition.trunk.quality
    this.condition.input({ kind: 'quality', quality: status, time: sourceTime, isSilent: true })
  }

  /** Evaluates a sample. Without a usable value the alarm keeps its state, and its quality tells why (Part 9 §5.5.2). */
  take({ value, status, sourceTime }: Sample): void {
    // When all is as it was before the restart, there is nothing to tell, and the EventId that clients know stays.
    const isSilent = status === this.#qualityBefore
    this.#qualityBefore = undefined
    this.condition.input({ kind: 'quality', quality: status, time: sourceTime, isSilent })
    if (isBad(status) || value === null) return
    this.#value = Number(value)
    this.#delayed.input(levelOf(this.#value, this.#alarm, this.#delayed.latest), sourceTime)
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#delayed.stop()
    this.condition.stop()
  }

  /** Its source is one no more. */
  detach(): void {
    const { node, source } = this.#reference
    const isThere = node.findReferences('HasEventSource', true).some(({ nodeId }) => sameNodeId(nodeId, source.nodeId))
    if (isThere) node.removeReference({ referenceType: 'HasEventSource', nodeId: source.nodeId, isForward: true })
  }

  #changed(level: Level | undefined, time: number): void {
    const { unit = '', name } = this.#output
    const amount = (value: number): string => `${Number(value.toPrecision(6))}${unit === '' ? '' : ` ${unit}`}`
    const subject = `${this.#pipeline.name}: ${name} is ${amount(this.#value)},`
    if (level === undefined) {
      this.condition.input({ kind: 'deactivate', message: `${subject} within its limits`, time })
      return
    }
    const before = this.condition.trunk.level as Level | undefined
    this.condition.input({
      kind: 'activate',
      message: `${subject} ${texts[level]} ${amount(limitOf(level, this.#alarm) ?? Number.NaN)}`,
      severity: severityOf(level, this.#alarm),
      level,
      isEscalation: isEscalation(before, level),
      time,
    })
  }
}

/** The severity of a level (information model 5.7); that of the mildest limit while there is none. */
function severityOf(level: Level | undefined, { severity = {}, low, high }: AlarmLimits): number {
  switch (level) {
    case 'HighHigh':
      return severity.highHigh ?? 700
    case 'LowLow':
      return severity.lowLow ?? 700
    case 'High':
      return severity.high ?? 400
    case 'Low':
      return severity.low ?? 400
    case undefined:
      if (low !== undefined) return severity.low ?? 400
      return high !== undefined ? (severity.high ?? 400) : 700
  }
}

/** The limits and what belongs to them, for clients to read (Part 9 §5.8.18). */
function constantsOf(alarm: AlarmLimits): Readonly<Record<string, Variant>> {
  const constants: Record<string, Variant> = {}
  const set = (name: string, dataType: DataType, value: number | undefined): void => {
    if (value !== undefined) constants[name] = new Variant({ dataType, value })
  }
  for (const [key, name, level] of [
    ['lowLow', 'LowLow', 'LowLow'],
    ['low', 'Low', 'Low'],
    ['high', 'High', 'High'],
    ['highHigh', 'HighHigh', 'HighHigh'],
  ] as const) {
    if (alarm[key] === undefined) continue
    set(`${name}Limit`, DataType.Double, alarm[key])
    set(`Severity${name}`, DataType.UInt16, severityOf(level, alarm))
    set(`${name}Deadband`, DataType.Double, alarm.deadband)
  }
  set('OnDelay', DataType.Double, alarm.onDelayMs)
  set('OffDelay', DataType.Double, alarm.offDelayMs)
  return constants
}
