import { choice, defineBlock, double, unit } from 'millrace/plugin'

const seconds = { s: 1, min: 60, h: 3600 } as const

export default defineBlock({
  type: 'RATE',
  description: 'How fast a value changes.',
  config: {
    per: choice(['s', 'min', 'h'], { default: 's', description: 'Time to which the change refers.' }),
    time: double({ unit: 's', min: 0, default: 0, description: 'Time constant that smooths the rate; 0 does not.' }),
    unit: unit({ optional: true, description: 'Engineering unit of the rate.' }),
  },
  inputs: { value: double({ description: 'What is watched.' }) },
  outputs: ({ unit }) => ({
    rate: double({
      ...(unit === undefined ? {} : { unit }),
      description: 'Change per s, min or h; 0 at the first sample.',
    }),
  }),
  memory: () => ({ last: 0, rate: 0 }),

  compute({ value }, { per, time }, memory, { elapsed, isFirst }) {
    if (isFirst) memory.last = value
    if (elapsed > 0) {
      const rate = ((value - memory.last) / elapsed) * seconds[per]
      memory.rate += (time === 0 ? 1 : -Math.expm1(-elapsed / time)) * (rate - memory.rate)
      memory.last = value
    }
    return { rate: memory.rate }
  },
})
