import { choice, defineFunction, double } from 'millrace/plugin'
import { alike, wired } from './shared/ports.ts'

/** Operations on two to eight numbers of one unit; the result has that unit too. */
const sums: Readonly<Record<string, readonly [description: string, (values: readonly number[]) => number]>> = {
  ADD: ['Adds two to eight values.', (values) => values.reduce((sum, value) => sum + value, 0)],
  MIN: ['The least of two to eight values.', (values) => Math.min(...values)],
  MAX: ['The greatest of two to eight values.', (values) => Math.max(...values)],
  AVG: [
    'The average of two to eight values.',
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  ],
}

const ofLikeValues = Object.entries(sums).map(([type, [description, of]]) =>
  defineFunction({
    type,
    description,
    inputs: alike((name, optional) => {
      const like = name === 'a' ? {} : { like: 'a' }
      return double({ optional, ...like, description: `Value ${name}, in the unit of a.` })
    }),
    outputs: { result: double({ like: 'a', description: 'The result, in the unit of a.' }) },
    compute: (inputs) => ({ result: of(wired(inputs)) }),
  }),
)

const mul = defineFunction({
  type: 'MUL',
  description: 'Multiplies two to eight values.',
  inputs: alike((name, optional) => double({ optional, description: `Factor ${name}.` })),
  outputs: { result: double({ description: 'The product.' }) },
  compute: (inputs) => ({ result: wired(inputs).reduce((product, value) => product * value, 1) }),
})

const sub = defineFunction({
  type: 'SUB',
  description: 'Subtracts b from a.',
  inputs: {
    a: double({ description: 'What is subtracted from.' }),
    b: double({ like: 'a', description: 'What is subtracted, in the unit of a.' }),
  },
  outputs: { result: double({ like: 'a', description: 'The difference.' }) },
  compute: ({ a, b }) => ({ result: a - b }),
})

/** Operations on two numbers whose result has a unit of its own; a result that is no number (1/0) is Bad. */
const pairs: Readonly<Record<string, readonly [description: string, (a: number, b: number) => number]>> = {
  DIV: ['Divides a by b; Bad when b is zero.', (a, b) => a / b],
  MOD: ['The rest of a divided by b, with the sign of a; Bad when b is zero.', (a, b) => a % b],
  POW: ['Raises a to the power b.', (a, b) => a ** b],
  ATAN2: ['The angle in radians of the point with height a and width b.', (a, b) => Math.atan2(a, b)],
}

const ofPairs = Object.entries(pairs).map(([type, [description, of]]) =>
  defineFunction({
    type,
    description,
    inputs: { a: double({ description: 'First operand.' }), b: double({ description: 'Second operand.' }) },
    outputs: { result: double({ description: 'The result.' }) },
    compute: ({ a, b }) => ({ result: of(a, b) }),
  }),
)

/** Functions of one number. `like` is for those that keep the unit. */
const singles: Readonly<Record<string, readonly [description: string, (a: number) => number, like?: 'a']>> = {
  ABS: ['The value without its sign.', Math.abs, 'a'],
  NEG: ['The value with the other sign.', (a) => -a, 'a'],
  SQRT: ['The square root; Bad below zero.', Math.sqrt],
  EXP: ['e raised to the value.', Math.exp],
  LN: ['The natural logarithm; Bad at zero and below.', Math.log],
  LOG: ['The logarithm to base 10; Bad at zero and below.', Math.log10],
  SIN: ['The sine of an angle in radians.', Math.sin],
  COS: ['The cosine of an angle in radians.', Math.cos],
  TAN: ['The tangent of an angle in radians.', Math.tan],
}

const ofSingles = Object.entries(singles).map(([type, [description, of, like]]) =>
  defineFunction({
    type,
    description,
    inputs: { a: double({ description: 'The value.' }) },
    outputs: { result: double({ ...(like && { like }), description: 'The result.' }) },
    compute: ({ a }) => ({ result: of(a) }),
  }),
)

const roundings = { nearest: Math.round, up: Math.ceil, down: Math.floor, zero: Math.trunc } as const

const round = defineFunction({
  type: 'ROUND',
  description: 'Rounds to a multiple of a step, such as 1, 0.5 or 100.',
  config: {
    step: double({ default: 1, min: 1e-12, description: 'The result is a multiple of it.' }),
    to: choice(['nearest', 'up', 'down', 'zero'], {
      default: 'nearest',
      description: 'Which of the neighbours to take.',
    }),
  },
  inputs: { a: double({ description: 'The value.' }) },
  outputs: { result: double({ like: 'a', description: 'The rounded value.' }) },
  // The precision takes away what 3 * 0.1 has more than 0.3.
  compute: ({ a }, { step, to }) => ({ result: Number((roundings[to](a / step) * step).toPrecision(15)) }),
})

export default [...ofLikeValues, sub, mul, ...ofPairs, ...ofSingles, round]
