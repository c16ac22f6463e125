import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'delay',
  description: 'Gives the value of the previous wave; the one step through which a pipeline may lead back to itself.',
  config: { initial: double({ default: 0, description: 'What it gives in the first wave.' }) },
  inputs: { value: double({ description: 'What is delayed.' }) },
  outputs: { value: double({ like: 'value', description: 'The value of the wave before.' }) },
  memory: ({ initial }) => ({ last: initial }),

  compute({ value }, _config, memory) {
    const { last } = memory
    memory.last = value
    return { value: last }
  },
})
