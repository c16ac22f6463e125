import type { StepPlugin } from '../../plugin/define.ts'
import { operationText } from './code-text.ts'
import type { Operation } from './plan.ts'
import type { Pass, Program } from './program.ts'

/**
 * How many kinds of operations one generated function computes. V8 inlines the plugins' functions into it, within limits;
 * beyond this number another function is begun.
 */
const kindsPerFunctionMax = 16

/** Runs that are shorter on average do not pay for loops of their own. */
const runLengthMin = 3

/** Operations that are computed by the same text: same plugin, same ports. */
interface Kind {
  readonly operation: Operation
  readonly plugin: StepPlugin | undefined
}

/** Neighbours of one kind, up to the operation before `end`. */
interface Run {
  readonly kind: number
  readonly end: number
}

/** Runs that one function computes: which, and where the first operation and its slots are. */
interface SegmentPlace {
  readonly chunk: number
  readonly from: number
  readonly to: number
  readonly i: number
  readonly o: number
}

type Segment = (from: number, to: number, i: number, o: number, ...rest: Parameters<Pass>) => void

/**
 * Compiles operations into generated JavaScript with one text per kind of operation, in which V8 can inline the plugin's
 * function. Neighbours of the same kind are a run with a tight loop over slot numbers; where runs are short on average, a
 * switch for each operation is faster by a third. Both are about twice as fast as one closure per step, and unlike
 * straight-line code for each step they do not fall off beyond some hundred steps.
 *
 * Names enter the text only as JSON strings. Only the plain case is here: Good inputs and outputs of the declared type inside
 * their range. Everything else leaves through {@link Exits}.
 */
export function compileProgram(operations: readonly Operation[], isNumeric: readonly boolean[]): Program {
  const { kinds, kindOf } = kindsOf(operations, isNumeric)
  const runs = runsOf(kindOf)
  const hasRuns = operations.length >= runs.length * runLengthMin
  const steps = hasRuns ? runs : kindOf.map((kind, index) => ({ kind, end: index + 1 }))
  const slotsOf = ({ isInline, inputs, outputs }: Operation) =>
    isInline ? [...inputs, ...outputs].map(({ slot }) => slot) : []
  const slots = operations.map(slotsOf)
  const tables = [
    Uint16Array.from(steps, ({ kind }) => kind),
    Int32Array.from(steps, ({ end }) => end),
    Int32Array.from(slots.flat()),
  ] as const
  const segments = segmentsOf(steps, slots)
  const chunks = chunksOf(kinds, kindsPerFunctionMax)
  const texts = chunks.map((some, chunk) => functionText(some, { chunk, isNumeric, hasRuns }))
  const configs = operations.map(({ work }) => (work.kind === 'plugin' ? work.config : work))
  return {
    bind(frame, exits) {
      // V8 takes the arrays for constants only in a function that has one closure, so each execution makes its own.
      const bound = chunks.map((some, chunk) => {
        const make = new Function('plugins', 'rk', 're', 'ix', 'cs', 'frame', 'exits', texts[chunk] as string)
        const plugins = some.map(({ plugin }) => plugin)
        return make(plugins, ...tables, configs, frame, exits) as Segment
      })
      return (since, all, tick, now, monotonic) => {
        for (let index = 0; index < segments.length; index++) {
          const { chunk, from, to, i, o } = segments[index] as SegmentPlace
          ;(bound[chunk] as Segment)(from, to, i, o, since, all, tick, now, monotonic)
        }
      }
    },
  }
}

/** Neighbours of the same kind. */
function runsOf(kindOf: readonly number[]): readonly Run[] {
  const runs: { kind: number; end: number }[] = []
  for (const [index, kind] of kindOf.entries()) {
    const last = runs.at(-1)
    if (last?.kind === kind) last.end = index + 1
    else runs.push({ kind, end: index + 1 })
  }
  return runs
}

function kindsOf(operations: readonly Operation[], isNumeric: readonly boolean[]): { kinds: Kind[]; kindOf: number[] } {
  const kinds: Kind[] = []
  const numberByText = new Map<string, number>()
  const pluginNumbers = new Map<StepPlugin, number>()
  const kindOf = operations.map((operation) => {
    const plugin = operation.work.kind === 'plugin' && operation.isInline ? operation.work.plugin : undefined
    if (plugin && !pluginNumbers.has(plugin)) pluginNumbers.set(plugin, pluginNumbers.size)
    const text = operationText(operation, isNumeric, '')
    const key = `${plugin ? pluginNumbers.get(plugin) : ''} ${text}`
    const known = numberByText.get(key)
    if (known !== undefined) return known
    numberByText.set(key, kinds.length)
    return kinds.push({ operation, plugin }) - 1
  })
  return { kinds, kindOf }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  )
}

/** Parts of the plan that one generated function computes in one call. */
function segmentsOf(runs: readonly Run[], slots: readonly (readonly number[])[]): readonly SegmentPlace[] {
  const segments: { chunk: number; from: number; to: number; i: number; o: number }[] = []
  const offsets = [0]
  for (const [index, own] of slots.entries()) offsets.push((offsets[index] as number) + own.length)
  for (const [run, { kind }] of runs.entries()) {
    const chunk = Math.floor(kind / kindsPerFunctionMax)
    const last = segments.at(-1)
    if (last?.chunk === chunk) last.to = run + 1
    else {
      const i = runs[run - 1]?.end ?? 0
      segments.push({ chunk, from: run, to: run + 1, i, o: offsets[i] as number })
    }
  }
  return segments
}

function functionText(
  kinds: readonly Kind[],
  { chunk, isNumeric, hasRuns }: { chunk: number; isNumeric: readonly boolean[]; hasRuns: boolean },
): string {
  const cases = kinds.map(({ operation }, k) => {
    const body = operationText(operation, isNumeric, `p${k}`)
    return `case ${chunk * kindsPerFunctionMax + k}:${hasRuns ? 'for(;i<end;i++)' : ''}{${body}}break\n`
  })
  return `'use strict'
const ${kinds.map((_, k) => `p${k}=plugins[${k}]`).join(',')}
const {numbers:n,others:v,statuses:s,times:t,causes:c,changed:k,wanted:w,executions:q,memories:ms,moments:mo,cells:ce,lowest:lo,highest:hi}=frame
return function(from,to,i,o,since,all,tick,now,monotonic){
for(let j=from;j<to;j++${hasRuns ? '' : ',i++'}){${hasRuns ? 'const end=re[j];' : ''}switch(rk[j]){
${cases.join('')}}}}`
}
