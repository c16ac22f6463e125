import { boolean, defineFunction } from 'millrace/plugin'
import { alike, wired } from './shared/ports.ts'

const operations: Readonly<Record<string, readonly [description: string, (values: readonly boolean[]) => boolean]>> = {
  AND: ['True when all of two to eight values are.', (values) => values.every((value) => value)],
  OR: ['True when at least one of two to eight values is.', (values) => values.some((value) => value)],
  XOR: [
    'True when an odd number of two to eight values is.',
    (values) => values.filter((value) => value).length % 2 === 1,
  ],
}

const many = Object.entries(operations).map(([type, [description, of]]) =>
  defineFunction({
    type,
    description,
    inputs: alike((name, optional) => boolean({ optional, description: `Value ${name}.` })),
    outputs: { result: boolean({ description: 'The result.' }) },
    compute: (inputs) => ({ result: of(wired(inputs)) }),
  }),
)

const not = defineFunction({
  type: 'NOT',
  description: 'True when the value is false.',
  inputs: { a: boolean({ description: 'The value.' }) },
  outputs: { result: boolean({ description: 'The opposite.' }) },
  compute: ({ a }) => ({ result: !a }),
})

export default [...many, not]
