import fc from 'fast-check'
import { z } from 'zod'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { Catalogue } from '../../src/plugin/catalogue.ts'
import { boolean, choice, double, list, record, text, uint16 } from '../../src/plugin/index.ts'
import { complaintsAboutShape, isPlugin } from '../../src/plugin/shape.ts'
import { checkFor, strange } from './property.ts'
import type { Target } from './target.ts'

/** A field as authors write it, any schema of zod, or something that is none. */
const field: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom<() => unknown>(
        () => double({ description: 'A number.', unit: 'bar', min: 0, max: 10 }),
        () => double({ description: 'Upside down.', min: 10, max: 0 }),
        () => double({ description: 'No such unit.', unit: 'furlong' }),
        () => uint16({ default: 70_000 }),
        () => boolean(),
        () => text({ description: 'A text.', default: 'x' }),
        () => choice(['a', 'b'], { default: 'a' }),
        () => list(record({ name: text(), size: uint16() })),
        () => z.string().min(3),
        () => z.union([z.number(), z.string()]),
        () => z.number().nullable(),
        () => z.date(),
        () => z.any(),
        () => z.lazy(() => z.number()),
        () => z.number().transform((value) => value * 2),
        () =>
          z.custom(() => {
            throw new Error('a schema throws')
          }),
      )
      .map((make) => attempt(make)),
  },
  { weight: 1, arbitrary: strange },
)

/** Authors may write what throws as it is made, which is the author's error. */
function attempt(make: () => unknown): unknown {
  try {
    return make()
  } catch {
    return undefined
  }
}

const fields = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.dictionary(
      fc.oneof(fc.constantFrom('value', 'a', 'b', 'level'), fc.string({ maxLength: 40 })),
      field,
      { maxKeys: 3 },
    ),
  },
  { weight: 1, arbitrary: strange },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      () => ({ value: double() }),
      () => {
        throw new Error('ports throw')
      },
      () => null,
    ),
  },
)

const code = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      () => ({}),
      () => ({ value: 1 }),
      async () => ({}),
      () => {
        throw new Error('no')
      },
    ),
  },
  { weight: 1, arbitrary: strange },
)

/** Getters that throw are what no check of the shape may fall over. */
const trapped = fc
  .record({
    kind: fc.constantFrom('function', 'device'),
    key: fc.constantFrom('type', 'inputs', 'outputs', 'config', 'compute'),
  })
  .map(({ kind, key }) =>
    Object.defineProperty({ kind }, key, {
      enumerable: true,
      get: () => {
        throw new Error('a getter throws')
      },
    }),
  )

const candidate = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record(
      {
        kind: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('function', 'block', 'operator', 'device', 'simulator') },
          strange,
        ),
        type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('fuzzed', 'moving-average') }, strange),
        description: fc.oneof({ weight: 9, arbitrary: fc.constant('Fuzzed.') }, strange),
        ...{ config: fields, inputs: fields, outputs: fields },
        ...{
          compute: code,
          stream: code,
          memory: code,
          connect: code,
          start: code,
          check: code,
          methods: fields,
          isolated: strange,
        },
      },
      { requiredKeys: ['kind'] },
    ),
  },
  { weight: 1, arbitrary: trapped },
  { weight: 1, arbitrary: strange },
)

const plantText = `plant: acme
equipment: { Acme: { level: Enterprise } }
devices:
  fuzzed1: { type: fuzzed, equipment: Acme, config: { value: 3, a: x } }
`
const pipelineText = `pipeline: p
equipment: Acme
run: { every: 1s }
steps:
  one: { function: fuzzed, in: { value: 1, a: fuzzed1.value }, config: { value: 3, a: x } }
outputs: { out: { from: one.value } }
`

/** Judges what a module might export, and uses it in a plant; throws when that is not done as promised. */
export async function expectJudged(exported: unknown): Promise<void> {
  const complaints = complaintsAboutShape(exported)
  if (isPlugin(exported) !== (complaints.length === 0)) throw new Error('complaints and verdict disagree')
  if (complaints.some((each) => each === '' || /undefined is not|Cannot read/.test(each))) {
    throw new Error(`a complaint says: ${complaints.join('; ')}`)
  }
  if (!isPlugin(exported)) return
  const catalogue = new Catalogue([{ plugin: exported, origin: 'fuzzed.ts' }])
  const texts = new Map([
    ['plant.yaml', plantText],
    ['pipelines/p.yaml', pipelineText],
  ])
  isRunnable(await loadPlant('/plant', { texts, catalogue, environment: {} }))
}

/** Metadata of plugins. */
export const plugins: Target = {
  name: 'plugins',
  what: 'what plugin modules export',
  run: (budget, replay) => checkFor(fc.asyncProperty(candidate, expectJudged), budget, replay),
}
