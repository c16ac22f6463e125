import { boolean, defineBlock } from 'millrace/plugin'

const inputs = { clk: boolean({ description: 'What is watched (CLK).' }) }
const outputs = { q: boolean({ description: 'True for the one wave in which the edge is seen (Q).' }) }
const initial = 'What the input counts as before the first sample. As in IEC 61131-3 the first sample can be an edge.'

const rising = defineBlock({
  type: 'R_TRIG',
  description: 'Rising edge: true for one wave when the input becomes true.',
  config: { initial: boolean({ default: false, description: initial }) },
  inputs,
  outputs,
  memory: ({ initial }) => ({ last: initial }),

  compute({ clk }, _config, memory) {
    const q = clk && !memory.last
    memory.last = clk
    return { q }
  },
})

const falling = defineBlock({
  type: 'F_TRIG',
  description: 'Falling edge: true for one wave when the input becomes false.',
  config: { initial: boolean({ default: true, description: initial }) },
  inputs,
  outputs,
  memory: ({ initial }) => ({ last: initial }),

  compute({ clk }, _config, memory) {
    const q = !clk && memory.last
    memory.last = clk
    return { q }
  },
})

export default [rising, falling]
