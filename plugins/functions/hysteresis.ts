import { boolean, defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'HYSTERESIS',
  description: 'Switches on at an upper and off at a lower value, so that it does not chatter between them.',
  config: {
    low: double({ description: 'At this value and below it is off.' }),
    high: double({ description: 'At this value and above it is on.' }),
    initial: boolean({ default: false, description: 'What it is at the start between both.' }),
  },
  inputs: { value: double({ description: 'What is watched.' }) },
  outputs: { q: boolean({ description: 'Whether it is on.' }) },
  check: ({ low, high }) => (low >= high ? [`low is ${low}, not below high, which is ${high}`] : []),
  memory: ({ initial }) => ({ isOn: initial }),

  compute({ value }, { low, high }, memory) {
    if (value >= high) memory.isOn = true
    else if (value <= low) memory.isOn = false
    return { q: memory.isOn }
  },
})
