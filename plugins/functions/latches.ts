import { boolean, defineBlock } from 'millrace/plugin'

const outputs = { q1: boolean({ description: 'What is remembered (Q1).' }) }
const memory = () => ({ q1: false })

const sr = defineBlock({
  type: 'SR',
  description: 'Latch whose set input wins: set makes it true, reset makes it false.',
  inputs: {
    s1: boolean({ description: 'Sets it; wins when both are true (S1).' }),
    r: boolean({ description: 'Resets it (R).' }),
  },
  outputs,
  memory,

  compute({ s1, r }, _config, memory) {
    memory.q1 = s1 || (!r && memory.q1)
    return { q1: memory.q1 }
  },
})

const rs = defineBlock({
  type: 'RS',
  description: 'Latch whose reset input wins: set makes it true, reset makes it false.',
  inputs: {
    s: boolean({ description: 'Sets it (S).' }),
    r1: boolean({ description: 'Resets it; wins when both are true (R1).' }),
  },
  outputs,
  memory,

  compute({ s, r1 }, _config, memory) {
    memory.q1 = !r1 && (s || memory.q1)
    return { q1: memory.q1 }
  },
})

export default [sr, rs]
