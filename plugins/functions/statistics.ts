import { defineBlock, double, uint16, uint32 } from 'millrace/plugin'
import { max, mean, median, min, standardDeviation } from 'simple-statistics'
import { reset } from './shared/ports.ts'

export default defineBlock({
  type: 'statistics',
  description: 'Describes the most recent samples: average, spread, median and extremes.',
  config: { size: uint16({ default: 100, min: 1, max: 10000, description: 'Samples in the window.' }) },
  inputs: { value: double({ description: 'What is described.' }), reset },
  outputs: {
    mean: double({ like: 'value', description: 'Average.' }),
    median: double({ like: 'value', description: 'Value in the middle.' }),
    min: double({ like: 'value', description: 'Least value.' }),
    max: double({ like: 'value', description: 'Greatest value.' }),
    deviation: double({ description: 'Standard deviation of the window as a whole (population).' }),
    count: uint32({ description: 'Samples in the window so far.' }),
  },
  memory: () => ({ window: [] as number[], next: 0 }),

  compute({ value, reset }, { size }, memory) {
    if (reset) Object.assign(memory, { window: [], next: 0 })
    const { window } = memory
    window[memory.next] = value
    memory.next = (memory.next + 1) % size
    return {
      mean: mean(window),
      median: median(window),
      min: min(window),
      max: max(window),
      deviation: standardDeviation(window),
      count: window.length,
    }
  },
})
