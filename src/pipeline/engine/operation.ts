import type { PipelineDefinition } from '../../model/definition.ts'
import { stepOwner } from '../../model/diagnostics.ts'
import type { Value } from '../../model/value.ts'
import type { CheckedMethodStep, CheckedStep } from '../checked.ts'
import { valuesReader } from './code-text.ts'
import { type Draft, inputsOf } from './draft.ts'
import { type Layout, startSlot } from './layout.ts'
import type { Operation, OperationWork, PlanDelay, PlanFinally } from './plan.ts'

/** Deadline of an attempt of an asynchronous function, when its step has none. */
const functionTimeoutMs = 10_000

/** Deadline of an attempt of a device method, when neither its step nor the method has one. */
const methodTimeoutMs = 60_000

interface Surroundings {
  readonly definition: PipelineDefinition
  readonly layout: Layout
  readonly indexByStep: ReadonlyMap<string, number>
  readonly followersByStep: ReadonlyMap<string, readonly number[]>
  readonly delays: ReadonlySet<string>
}

/** The operations of drafts that are in order. */
export function operationsOf(
  ordered: readonly Draft[],
  definition: PipelineDefinition,
  layout: Layout,
): readonly Operation[] {
  const followersByStep = new Map<string, number[]>()
  for (const [index, { after }] of ordered.entries()) {
    for (const step of after) followersByStep.set(step, [...(followersByStep.get(step) ?? []), index])
  }
  const surroundings: Surroundings = {
    definition,
    layout,
    indexByStep: new Map(ordered.map(({ step }, index) => [step?.id ?? '', index])),
    followersByStep,
    delays: new Set(ordered.flatMap(({ step, isDelay }) => (step && isDelay ? [step.id] : []))),
  }
  return ordered.map((draft, index) => operationOf(draft, index, surroundings))
}

function operationOf(draft: Draft, index: number, surroundings: Surroundings): Operation {
  const { definition, layout, indexByStep, followersByStep, delays } = surroundings
  const { step, inputs, outputs, until } = draft
  const policies = step?.definition
  const work = workOf(draft)
  const indexesOf = (steps: readonly string[]) => steps.flatMap((id) => indexByStep.get(id) ?? [])
  const after = indexesOf(draft.after)
  const isolated = isIsolated(draft)
  // The timeout of a step that is fed until it is complete is for all its turns together.
  const isFedLong = until.length > 0 || (work.kind === 'plugin' && work.plugin.kind === 'operator')
  // What a `delay` brings is there from the start.
  const sources = step ? sourceSteps(step).filter((id) => !delays.has(id)) : []
  return {
    index,
    step: step?.id ?? '',
    owner: step ? stepOwner(definition.id, step.id) : definition.id,
    work,
    inputs,
    outputs,
    wired: inputs.filter(({ isLiteral }) => !isLiteral).map(({ slot }) => slot),
    valuesOf: valuesReader({ inputs }, layout.isNumeric),
    needs: [...new Set([...indexesOf(sources), ...after])],
    after,
    followers: (step && followersByStep.get(step.id)) ?? [],
    until,
    onError: policies?.onError ?? { kind: 'bad' },
    retry: policies?.retry,
    timeoutMs: isolated
      ? undefined
      : (policies?.timeoutMs ?? (step?.kind === 'method' ? ownDeadline(step) : functionTimeoutMs)),
    ownTimeoutMs: policies?.timeoutMs,
    isIsolated: isolated,
    deadlineMs: isFedLong ? undefined : policies?.timeoutMs,
    isInline: work.kind === 'convert' || (isInline(draft) && !definition.stepEvents),
    isDelay: draft.isDelay,
  }
}

/** What a `delay` moves on, and where to. */
export function delayOf(operation: Operation, operations: readonly Operation[]): PlanDelay {
  const { inputs, outputs, work } = operation
  const to = outputs[0]?.slot ?? startSlot
  return {
    operation,
    from: inputs[0]?.slot ?? startSlot,
    to,
    initial: work.kind === 'plugin' ? (work.config.initial as Value | undefined) : undefined,
    readers: operations.filter(({ wired }) => wired.includes(to)).map(({ index }) => index),
  }
}

/** A step of `finally`; its inputs come from parameters and literals. */
export function finallyOf(pipeline: string, step: CheckedMethodStep, layout: Layout): PlanFinally {
  return {
    step: step.id,
    owner: stepOwner(pipeline, step.id),
    device: step.definition.device,
    method: step.definition.method,
    inputs: inputsOf(step, layout),
    retry: step.definition.retry,
    timeoutMs: step.definition.timeoutMs ?? ownDeadline(step),
  }
}

/** The method's own deadline, where its description gives one. */
function ownDeadline({ method }: CheckedMethodStep): number {
  return method.timeoutMs ?? methodTimeoutMs
}

function workOf({ step, conversion }: Draft): OperationWork {
  if (step?.kind === 'function') return { kind: 'plugin', plugin: step.plugin, config: step.config }
  if (step) {
    const { device, method } = step.definition
    return { kind: 'method', device, method }
  }
  return { kind: 'convert', gain: conversion?.gain ?? 1, offset: conversion?.offset ?? 0 }
}

/** Steps whose outputs a step reads, in its inputs or in its conditions. */
function sourceSteps(step: CheckedStep): readonly string[] {
  return [...step.inputs, ...step.until].flatMap(({ source }) =>
    source.kind === 'step' && source.step !== step.id ? [source.step] : [],
  )
}

/** Plain functions and blocks are computed by the generated program. */
function isInline({ step, after, isDelay }: Draft): boolean {
  if (step?.kind !== 'function' || isDelay || after.length > 0 || step.plugin.isolated) return false
  const { plugin } = step
  if (plugin.kind === 'block') return true
  return plugin.kind === 'function' && plugin.compute !== undefined && !isAsyncFunction(plugin.compute)
}

function isIsolated({ step }: Draft): boolean {
  return step?.kind === 'function' && Boolean(step.plugin.isolated)
}

function isAsyncFunction(code: unknown): boolean {
  return Object.prototype.toString.call(code) === '[object AsyncFunction]'
}
