import { expect } from 'chai'
import fc from 'fast-check'
import type { Sample } from '../../../src/model/sample.ts'
import { isBad, isGood, Status, worst } from '../../../src/model/status.ts'
import { bench, type From, fn, pipeline, step } from './kit.ts'

type Formula = (inputs: { a: number; b: number }) => { y: number }

const formulas: Readonly<Record<string, Formula>> = {
  add: ({ a, b }) => ({ y: a + b }),
  subtract: ({ a, b }) => ({ y: a - b }),
  multiply: ({ a, b }) => ({ y: a * b }),
  divide: ({ a, b }) => ({ y: a / b }),
  smaller: ({ a, b }) => ({ y: Math.min(a, b) }),
}
const names = Object.keys(formulas)
const plugins = Object.fromEntries(names.map((name) => [name, fn(formulas[name] as Formula, name)]))
const laterPlugins = Object.fromEntries(
  names.map((name) => [
    name,
    fn(async (inputs: { a: number; b: number }) => (formulas[name] as Formula)(inputs), name),
  ]),
)
const range = [-50, 50] as const

interface Vertex {
  readonly formula: string
  readonly a: number
  readonly b: number
  readonly isLater: boolean
  readonly hasRange: boolean
}

const tagCount = 4
const statuses = [
  Status.Good,
  Status.Good,
  Status.Good,
  Status.UncertainLastUsableValue,
  Status.GoodLocalOverride,
  Status.BadNoCommunication,
]

/** A vertex reads tags (0 to 3) and vertices before it (from 4 on), modulo what there is. */
const vertices = (mayBeLater: boolean) =>
  fc.array(
    fc.record({
      formula: fc.constantFrom(...names),
      a: fc.nat(1000),
      b: fc.nat(1000),
      isLater: mayBeLater ? fc.boolean() : fc.constant(false),
      hasRange: fc.boolean(),
    }),
    { minLength: 1, maxLength: 25 },
  )

const feeds = fc.array(
  fc.dictionary(
    fc.constantFrom('0', '1', '2', '3'),
    fc.record({
      value: fc.integer({ min: -9, max: 9 }),
      status: fc.constantFrom(...statuses),
      time: fc.integer({ min: 2000, max: 9000 }),
    }),
  ),
  { minLength: 1, maxLength: 6 },
)

const tagOf = (number: number) => `dev${number}.x`

function sourceOf(number: number, vertex: number): From {
  const place = number % (tagCount + vertex)
  return place < tagCount ? tagOf(place) : `s${place - tagCount}/y`
}

/** What a step gives by definition, one after the other. */
function byDefinition(graph: readonly Vertex[], tags: readonly Sample[]): readonly Sample[] {
  const samples = [...tags]
  for (const [index, { formula, a, b, hasRange }] of graph.entries()) {
    const inputs = [samples[a % samples.length], samples[b % samples.length]] as [Sample, Sample]
    const owner = `p/s${index}`
    const status = worst(inputs[0].status, inputs[1].status)
    const cause = isGood(status) ? undefined : (status === inputs[0].status ? inputs[0] : inputs[1]).cause
    const sourceTime = Math.max(inputs[0].sourceTime, inputs[1].sourceTime)
    const { y } = isBad(status)
      ? { y: 0 }
      : (formulas[formula] as Formula)({ a: inputs[0].value as number, b: inputs[1].value as number })
    if (isBad(status)) samples.push({ value: null, status, sourceTime, cause })
    else if (!Number.isFinite(y)) samples.push({ value: null, status: Status.BadOutOfRange, sourceTime, cause: owner })
    else if (hasRange && isGood(status) && (y < range[0] || y > range[1])) {
      samples.push({ value: y, status: Status.UncertainEngineeringUnitsExceeded, sourceTime, cause: owner })
    } else samples.push({ value: y, status, sourceTime, cause })
  }
  return samples.slice(tags.length)
}

const comparable = ({ value, status, sourceTime, cause }: Sample) => [
  value === 0 ? 0 : value,
  status,
  sourceTime,
  cause,
]

async function check(
  graph: readonly Vertex[],
  rounds: readonly Readonly<Record<string, { value: number; status: number; time: number }>>[],
  onlyChanged: boolean,
): Promise<void> {
  const steps = graph.map(({ formula, a, b, isLater, hasRange }, index) =>
    step(
      `s${index}`,
      (isLater ? laterPlugins : plugins)[formula] as ReturnType<typeof fn>,
      { a: sourceOf(a, index), b: sourceOf(b, index) },
      ['y'],
      hasRange ? { ports: { y: { range } } } : {},
    ),
  )
  const { execution } = bench(pipeline(steps))
  const tags: Sample[] = Array.from({ length: tagCount }, (_, number) => ({
    value: null,
    status: Status.BadWaitingForInitialData,
    sourceTime: 1000,
    cause: `dev${number}`,
  }))
  for (const round of rounds) {
    for (const [key, { value, status, time }] of Object.entries(round)) {
      const number = Number(key)
      const sample = { value: isBad(status) ? null : value, status, sourceTime: time }
      tags[number] = isGood(status) ? sample : { ...sample, cause: `dev${number}` }
    }
    execution.feed(Object.keys(round).map((key) => ({ tag: tagOf(Number(key)), sample: tags[Number(key)] as Sample })))
    const before = execution.counters().map(({ executionCount }) => executionCount)
    expect(await execution.wave({ onlyChanged })).to.deep.equal({ kind: 'completed' })
    // A step that is computed twice in a wave has seen inputs that do not belong together.
    execution.counters().forEach(({ executionCount }, index) => {
      expect(executionCount - (before[index] ?? 0)).to.be.within(0, 1)
    })
    const expected = byDefinition(graph, tags)
    const found = graph.map((_, index) => execution.sample(`p/s${index}.y`) as Sample)
    const shown = (samples: readonly Sample[]) =>
      samples.map((each, index) => `s${index} ${comparable(each).join(' ')}`)
    expect(shown(found)).to.deep.equal(shown(expected))
  }
  execution.close()
}

describe('any acyclic graph', () => {
  it('gives the same samples as evaluation by definition, in full waves', async () => {
    await fc.assert(
      fc.asyncProperty(vertices(false), feeds, (graph, rounds) => check(graph, rounds, false)),
      { numRuns: 150 },
    )
  })

  it('gives the same samples when only what lies downstream of a change is computed', async () => {
    await fc.assert(
      fc.asyncProperty(vertices(false), feeds, (graph, rounds) => check(graph, rounds, true)),
      { numRuns: 150 },
    )
  })

  it('gives the same samples with any mixture of synchronous and asynchronous steps', async () => {
    await fc.assert(
      fc.asyncProperty(vertices(true), feeds, fc.boolean(), (graph, rounds, onlyChanged) =>
        check(graph, rounds, onlyChanged),
      ),
      { numRuns: 150 },
    )
  })
})
