import { join } from 'node:path'
import { good, type Sample } from '../../../src/model/sample.ts'
import type { Value } from '../../../src/model/value.ts'
import { usable } from '../../../src/plugin/bench.ts'
import { loadCatalogue } from '../../../src/plugin/catalogue.ts'
import type { BlockPlugin, FunctionPlugin, StepPlugin } from '../../../src/plugin/define.ts'
import type { Fields } from '../../../src/plugin/field.ts'
import { type BlockBench, runBlock } from '../../../src/plugin/testing.ts'

const { catalogue } = await loadCatalogue({ builtIn: join(import.meta.dirname, '../../../plugins') })

/** A built-in plugin by its type, as a pipeline finds it. */
export function plugin(type: string): StepPlugin {
  const found = catalogue.step(type)
  if (!found) throw new Error(`there is no plugin ${type}`)
  return found
}

/** Computes a built-in function. */
export function compute(type: string, inputs: Record<string, unknown>, config: unknown = {}): Record<string, unknown> {
  const found = plugin(type) as FunctionPlugin
  return found.compute?.(inputs, usable(found, config)) as Record<string, unknown>
}

/** Computes a built-in function that sees samples; values stand for Good ones. */
export function computeSamples(type: string, inputs: Record<string, Value | Sample>, config: unknown = {}) {
  const found = plugin(type) as FunctionPlugin
  const samples = Object.entries(inputs).map(([name, each]) => [name, isSample(each) ? each : good(each, 0)])
  return found.computeSamples?.(Object.fromEntries(samples), usable(found, config)) as Record<string, Sample>
}

function isSample(each: Value | Sample): each is Sample {
  return typeof each === 'object' && each !== null && 'status' in each
}

/** Sets up a built-in block. */
export function block(type: string, config: unknown = {}): BlockBench<Fields, Fields, object> {
  return runBlock(plugin(type) as BlockPlugin, config)
}

/** What is wrong with a configuration, in one text; empty when nothing is. */
export function complaintOf(type: string, config: unknown): string {
  try {
    usable(plugin(type), config)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
