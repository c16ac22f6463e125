import { defineBlock, double } from 'millrace/plugin'
import { reset } from './shared/ports.ts'
import { refresh, wakeWhile } from './shared/refresh.ts'

export default defineBlock({
  type: 'PT1',
  description: 'First-order low-pass filter: smooths a value with a time constant.',
  config: {
    time: double({ unit: 's', min: 0, description: 'Time constant: after it, 63 % of a step have been made.' }),
    gain: double({ default: 1, description: 'What the value is multiplied by.' }),
    refresh,
  },
  inputs: { value: double({ description: 'What is filtered.' }), reset },
  outputs: { value: double({ like: 'value', description: 'The filtered value.' }) },
  memory: () => ({ at: 0 }),

  compute({ value, reset }, { time, gain, refresh }, memory, moment) {
    const target = gain * value
    // Exact for an input that stood still since the last turn, so the result does not depend on the cycle time.
    const share = moment.isFirst || reset || time === 0 ? 1 : -Math.expm1(-moment.elapsed / time)
    memory.at = share === 1 ? target : memory.at + share * (target - memory.at)
    wakeWhile(Math.abs(target - memory.at) > 1e-9 * Math.abs(target), refresh, moment)
    return { value: memory.at }
  },
})
