import type { AlarmLimits } from './definition.ts'
import type { Nameplate } from './nameplate.ts'
import type { DataType, Value } from './value.ts'

/**
 * A port or parameter as the rest of the program sees it: a field of a plugin, resolved.
 *
 * This is what becomes an OPC UA variable: `dataType` and `isArray` give DataType and ValueRank, `unit` gives
 * EngineeringUnits (Part 8 §5.6.3), `range` gives EURange, `choices` gives EnumStrings of a multi-state variable.
 */
export interface Port {
  readonly name: string
  readonly dataType: DataType
  readonly isArray: boolean
  readonly description: string
  /** Symbol of the engineering unit, such as `°C`; absent for a number without dimension and for non-numbers. */
  readonly unit?: string | undefined
  /** Low and high end of the normal range (EURange), in `unit`. */
  readonly range?: readonly [number, number] | undefined
  /** The limit of a parameter that has one on one side only, in `unit`. */
  readonly limit?: { readonly min: number } | { readonly max: number } | undefined
  /** The allowed texts of a `choice` field. */
  readonly choices?: readonly string[] | undefined
  readonly default?: Value | undefined
  /** An input that may stay without a wire. */
  readonly optional?: boolean | undefined
}

/** A method of a device: something it does that takes time and ends. */
export interface MethodDescription {
  readonly name: string
  readonly description: string
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Deadline of a call in milliseconds; 60 000 when absent. */
  readonly timeoutMs?: number | undefined
}

/** A device as the address space and the pipelines see it. */
export interface DeviceDescription {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Type of its device plugin, such as `modbus`. */
  readonly type: string
  readonly equipment: string
  /** What it measures: read-only tags. */
  readonly outputs: readonly Port[]
  /** What can be written to it: writable tags. A name may stand in outputs too: then the tag is read and written. */
  readonly inputs: readonly Port[]
  readonly methods: readonly MethodDescription[]
  /** Connection parameters that may be shown (never credentials). */
  readonly configuration: Readonly<Record<string, Value>>
  readonly nameplate?: Nameplate | undefined
  /** Whether it has a circuit breaker, and after how many failures in a row it opens. */
  readonly breaker?: { readonly failures: number } | undefined
  /** Whether faults may be injected. */
  readonly allowsFaults?: true | undefined
}

/** Where a step's input comes from, resolved to a tag, a parameter or a literal. */
export type InputSource =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: Value }

/** A step as the address space sees it. */
export interface StepDescription {
  readonly id: string
  /** The function type (`PT1`) or the device method (`servo1.home`). */
  readonly kind: string
  readonly description: string
  readonly inputs: readonly (Port & { readonly source: InputSource })[]
  readonly outputs: readonly Port[]
  /** Device whose method this step calls. */
  readonly device?: string | undefined
}

/** A pipeline as the address space sees it. */
export interface PipelineDescription {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly equipment: string
  readonly parameters: readonly Port[]
  readonly steps: readonly StepDescription[]
  /** What the world sees, with the tag inside the pipeline that each output mirrors, and its level alarm. */
  readonly outputs: readonly (Port & { readonly from: string; readonly alarm?: AlarmLimits | undefined })[]
  /** Device tags that this pipeline writes, and the tag inside the pipeline that feeds each. */
  readonly writes: readonly { readonly tag: string; readonly from: string }[]
  /** Devices that it reads, writes or calls (Part 23 `Utilizes`). */
  readonly utilizes: readonly string[]
}
