import { choice, defineBlock, double } from 'millrace/plugin'
import { reset } from './shared/ports.ts'

/** What flows, what has flowed, and how many seconds the unit of the flow counts. */
const quantities = {
  volume: { flow: { unit: 'l/s' }, total: { unit: 'l' }, seconds: 1 },
  mass: { flow: { unit: 'kg/s' }, total: { unit: 'kg' }, seconds: 1 },
  energy: { flow: { unit: 'kW' }, total: { unit: 'kW·h' }, seconds: 3600 },
  number: { flow: {}, total: {}, seconds: 1 },
} as const

export default defineBlock({
  type: 'totalizer',
  description:
    'Adds up a flow over time: litres from a flow in any unit of volume per time, kilograms, or kilowatt hours.',
  config: {
    of: choice(['volume', 'mass', 'energy', 'number'], {
      default: 'volume',
      description:
        'What flows: l/s become l, kg/s become kg, kW become kW·h, a plain number is integrated over seconds.',
    }),
    gapMax: double({
      unit: 's',
      min: 0,
      optional: true,
      description: 'A longer time without a sample is not counted, because nobody knows what flowed.',
    }),
  },
  inputs: ({ of }) => ({ value: double({ ...quantities[of].flow, description: 'The flow.' }), reset }),
  outputs: ({ of }) => ({
    total: double({ ...quantities[of].total, description: 'What has flowed since the start.' }),
  }),
  memory: () => ({ total: 0, last: 0 }),

  compute({ value, reset }, { of, gapMax }, memory, { elapsed, isFirst }) {
    const isGap = gapMax !== undefined && elapsed > gapMax
    if (reset) memory.total = 0
    else if (!isFirst && !isGap) memory.total += (((memory.last + value) / 2) * elapsed) / quantities[of].seconds
    memory.last = value
    return { total: memory.total }
  },
})
