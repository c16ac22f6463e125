import { defineBlock, double, uint16 } from 'millrace/plugin'
import { reset } from './shared/ports.ts'

export default defineBlock({
  type: 'moving-average',
  description: 'Smooths a value by averaging its most recent samples.',
  config: { size: uint16({ default: 10, min: 1, max: 10000, description: 'Samples in the window.' }) },
  inputs: { value: double({ description: 'What is averaged.' }), reset },
  outputs: { mean: double({ like: 'value', description: 'The average of the window.' }) },
  memory: () => ({ window: [] as number[], next: 0, sum: 0 }),

  compute({ value, reset }, { size }, memory) {
    if (reset) Object.assign(memory, { window: [], next: 0, sum: 0 })
    const { window } = memory
    memory.sum += value - (window[memory.next] ?? 0)
    window[memory.next] = value
    memory.next = (memory.next + 1) % size
    // Adding up anew once a round keeps rounding errors from growing for ever.
    if (memory.next === 0) memory.sum = window.reduce((sum, each) => sum + each, 0)
    return { mean: memory.sum / window.length }
  },
})
