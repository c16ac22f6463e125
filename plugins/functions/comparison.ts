import { boolean, defineFunction, double } from 'millrace/plugin'

const comparisons: Readonly<Record<string, readonly [words: string, (a: number, b: number) => boolean]>> = {
  GT: ['is greater than', (a, b) => a > b],
  GE: ['is greater than or equal to', (a, b) => a >= b],
  LT: ['is less than', (a, b) => a < b],
  LE: ['is less than or equal to', (a, b) => a <= b],
}

const inputs = {
  a: double({ description: 'What is compared.' }),
  b: double({ like: 'a', description: 'What it is compared with, in the unit of a.' }),
}

const ordered = Object.entries(comparisons).map(([type, [words, of]]) =>
  defineFunction({
    type,
    description: `Tells whether a ${words} b.`,
    inputs,
    outputs: { result: boolean({ description: `Whether a ${words} b.` }) },
    compute: ({ a, b }) => ({ result: of(a, b) }),
  }),
)

const config = {
  tolerance: double({ default: 0, min: 0, description: 'Difference up to which both count as equal.' }),
}

const eq = defineFunction({
  type: 'EQ',
  description: 'Tells whether a equals b, up to a tolerance.',
  config,
  inputs,
  outputs: { result: boolean({ description: 'Whether a equals b.' }) },
  compute: ({ a, b }, { tolerance }) => ({ result: Math.abs(a - b) <= tolerance }),
})

const ne = defineFunction({
  type: 'NE',
  description: 'Tells whether a differs from b by more than a tolerance.',
  config,
  inputs,
  outputs: { result: boolean({ description: 'Whether a differs from b.' }) },
  compute: ({ a, b }, { tolerance }) => ({ result: Math.abs(a - b) > tolerance }),
})

export default [...ordered, eq, ne]
