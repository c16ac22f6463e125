import { defineFunction, double } from 'millrace/plugin'

export default defineFunction({
  type: 'efficiency',
  description: 'Useful output power as a share of the power put in; Bad while nothing is put in.',
  inputs: {
    output: double({ unit: 'kW', description: 'Power that is got out.' }),
    input: double({ unit: 'kW', description: 'Power that is put in.' }),
  },
  outputs: { ratio: double({ unit: '%', min: 0, max: 100, description: 'Share of the power that is got out.' }) },
  compute: ({ output, input }) => ({ ratio: (100 * output) / input }),
})
