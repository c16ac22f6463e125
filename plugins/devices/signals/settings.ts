import { boolean, choice, double, list, record, text, uint32, unit, type Values } from 'millrace/plugin'
import { z } from 'zod'

/** What a tag does over time. */
export const signals = [
  'sine',
  'triangle',
  'square',
  'sawtooth',
  'ramp',
  'constant',
  'walk',
  'noise',
  'steps',
  'counter',
  'toggle',
  'pulse',
  'replay',
  'setpoint',
  'follow',
] as const

/** Data types that a tag may have. */
export const types = [
  'Double',
  'Float',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Boolean',
  'String',
] as const

/** What a sample may be in place of Good, where drops are wanted. */
export const dropStatuses = ['BadSensorFailure', 'BadDeviceFailure', 'BadNoCommunication', 'BadOutOfRange'] as const

const anyValue = z.union([z.number(), z.boolean(), z.string()])

/** A value as it stands in a file. */
export type Given = number | boolean | string

const stepFields = {
  value: anyValue.describe('Value of the step.'),
  for: double({ unit: 's', min: 0.001, description: 'How long it lasts.' }),
}

/** Fields of one tag. */
export const tagFields = {
  name: text({ description: 'Name of the tag.' }),
  description: text({ default: '', description: 'What the tag means.' }),
  signal: choice(signals, { default: 'sine', description: 'What it does over time.' }),
  type: choice(types, {
    optional: true,
    description: 'Data type; Boolean for toggle and pulse, UInt32 for counter, else Double.',
  }),
  choices: list(text(), {
    optional: true,
    min: 1,
    max: 100,
    description: 'Values of a String; a number counts from 0.',
  }),
  unit: unit({ optional: true, description: 'Engineering unit.' }),
  min: double({ optional: true, description: 'Low end of the normal range.' }),
  max: double({ optional: true, description: 'High end of the normal range.' }),
  offset: double({
    default: 0,
    description: 'Middle of a wave, of a walk and of noise; begin of a ramp and of a counter.',
  }),
  amplitude: double({
    default: 1,
    description: 'Height of a wave over its middle, of a ramp in all; half the width of a walk; deviation of noise.',
  }),
  period: double({
    ...{ unit: 's', default: 60, min: 0.001 },
    description: 'Duration of a wave, of a ramp, of an on and off, of one step of a walk or a counter.',
  }),
  phase: double({ unit: '°', default: 0, description: 'How far into its period a wave begins.' }),
  duty: double({
    unit: '%',
    default: 50,
    min: 0,
    max: 100,
    description: 'Share of the period that is on: square, pulse.',
  }),
  step: double({ optional: true, description: 'Deviation of a step of a walk (amplitude / 20), or of a counter (1).' }),
  noise: double({ default: 0, min: 0, description: 'Standard deviation of the noise that is added to a number.' }),
  value: anyValue.optional().describe('Value of a constant; first value of a setpoint.'),
  steps: list(record(stepFields), { optional: true, min: 1, max: 10_000, description: 'Values one after the other.' }),
  loop: boolean({
    default: true,
    description: 'Whether steps and a replay begin again; otherwise the last value stays.',
  }),
  file: text({ optional: true, description: 'CSV file of a replay, in the folder of the plant.' }),
  column: z
    .union([z.string(), z.int().min(1)])
    .optional()
    .describe('Column of the value: its name in the first line, or its number from 1.'),
  timeColumn: z
    .union([z.string(), z.int().min(1)])
    .optional()
    .describe('Column of the time: seconds, or dates as 2026-05-01T06:00:00Z; in place of interval.'),
  interval: double({
    unit: 's',
    optional: true,
    min: 0.001,
    description: 'Time between two rows without a column for it.',
  }),
  speed: double({ default: 1, min: 0.000_001, max: 1_000_000, description: 'How much faster a replay goes.' }),
  delimiter: text({ default: ',', description: 'What separates columns; with ; numbers may have a decimal comma.' }),
  header: boolean({ optional: true, description: 'Whether the first line has names; it does when a column is named.' }),
  follows: text({ optional: true, description: 'The setpoint that it follows.' }),
  lag: double({ unit: 's', default: 5, min: 0, description: 'Time constant with which it follows (first order).' }),
  dropout: double({ unit: '%', default: 0, min: 0, max: 100, description: 'Share of Bad samples.' }),
  dropFor: double({ unit: 's', default: 1, min: 0.001, description: 'How long it is Bad or not before that changes.' }),
  dropStatus: choice(dropStatuses, { default: 'BadSensorFailure', description: 'Status of the Bad samples.' }),
}

/** Fields of the configuration. */
export const settings = {
  seed: uint32({ default: 1, description: 'The same seed gives the same values at the same times.' }),
  begin: choice(['clock', 'connect'], {
    default: 'clock',
    description:
      'What the time counts from: the clock (1970 UTC), or when the device was connected, as ramps and what does not loop always do.',
  }),
  tags: list(record(tagFields), { min: 1, max: 10_000, description: 'The tags of this device.' }),
}

type Written = Values<typeof tagFields>
type Optional =
  | 'type'
  | 'choices'
  | 'unit'
  | 'min'
  | 'max'
  | 'step'
  | 'value'
  | 'steps'
  | 'file'
  | 'column'
  | 'timeColumn'
  | 'interval'
  | 'header'
  | 'follows'

/** One entry of `tags` with its defaults. */
export type TagEntry = Omit<Written, Optional> & { readonly [K in Optional]?: Written[K] | undefined }

/** A configuration with its defaults. */
export interface SignalsConfig {
  readonly seed: number
  readonly begin: 'clock' | 'connect'
  readonly tags: readonly TagEntry[]
}

/** Data type of a tag. */
export type TagType = (typeof types)[number]

/** The data type of a tag, with what its signal suggests. */
export function typeOf({ type, signal, choices, value }: TagEntry): TagType {
  if (type) return type
  if (choices || typeof value === 'string') return 'String'
  if (signal === 'toggle' || signal === 'pulse' || typeof value === 'boolean') return 'Boolean'
  return signal === 'counter' ? 'UInt32' : 'Double'
}

/** Whether a tag's values are numbers. */
export function isNumber(tag: TagEntry): boolean {
  const type = typeOf(tag)
  return type !== 'Boolean' && type !== 'String'
}
