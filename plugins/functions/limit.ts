import { boolean, defineFunction, double } from 'millrace/plugin'

export default defineFunction({
  type: 'LIMIT',
  description: 'Keeps a value between two limits and tells when it had to.',
  config: {
    min: double({ description: 'Lower limit, in the unit of the value.' }),
    max: double({ description: 'Upper limit, in the unit of the value.' }),
  },
  inputs: { value: double({ description: 'What is limited.' }) },
  outputs: {
    value: double({ like: 'value', description: 'The value, not below min and not above max.' }),
    isLimited: boolean({ description: 'Whether the value was outside the limits.' }),
  },
  check: ({ min, max }) => (min > max ? [`min is ${min}, above max, which is ${max}`] : []),

  compute({ value }, { min, max }) {
    const limited = Math.min(max, Math.max(min, value))
    return { value: limited, isLimited: limited !== value }
  },
})
