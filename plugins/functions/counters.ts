import { boolean, defineBlock, int32 } from 'millrace/plugin'

const highest = 2147483647
const lowest = -2147483648

const config = { pv: int32({ description: 'Preset value (PV).' }) }
const cv = int32({ description: 'Counter value (CV).' })
const cu = boolean({ description: 'Counts up when it becomes true (CU).' })
const cd = boolean({ description: 'Counts down when it becomes true (CD).' })
const reset = boolean({ optional: true, description: 'Sets the counter to zero while it is true (R).' })
const load = boolean({ optional: true, description: 'Sets the counter to the preset value while it is true (LD).' })
const memory = () => ({ cv: 0, wasUp: false, wasDown: false })

const ctu = defineBlock({
  type: 'CTU',
  description: 'Up counter: counts rising edges and tells when the preset value is reached.',
  config,
  inputs: { cu, reset },
  outputs: { q: boolean({ description: 'Whether the preset value is reached (Q).' }), cv },
  memory,

  compute({ cu, reset }, { pv }, memory) {
    if (reset) memory.cv = 0
    else if (cu && !memory.wasUp) memory.cv = Math.min(highest, memory.cv + 1)
    memory.wasUp = cu
    return { q: memory.cv >= pv, cv: memory.cv }
  },
})

const ctd = defineBlock({
  type: 'CTD',
  description: 'Down counter: counts rising edges down from the preset value and tells when zero is reached.',
  config,
  inputs: { cd, load },
  outputs: { q: boolean({ description: 'Whether zero is reached (Q).' }), cv },
  memory,

  compute({ cd, load }, { pv }, memory) {
    if (load) memory.cv = pv
    else if (cd && !memory.wasDown) memory.cv = Math.max(lowest, memory.cv - 1)
    memory.wasDown = cd
    return { q: memory.cv <= 0, cv: memory.cv }
  },
})

const ctud = defineBlock({
  type: 'CTUD',
  description: 'Up-down counter: counts the rising edges of one input up and those of another down.',
  config,
  inputs: { cu, cd, reset, load },
  outputs: {
    qu: boolean({ description: 'Whether the preset value is reached (QU).' }),
    qd: boolean({ description: 'Whether zero is reached (QD).' }),
    cv,
  },
  memory,

  compute({ cu, cd, reset, load }, { pv }, memory) {
    const isUp = cu && !memory.wasUp
    const isDown = cd && !memory.wasDown
    if (reset) memory.cv = 0
    else if (load) memory.cv = pv
    // Both at once cancel each other out (IEC 61131-3).
    else if (isUp && !isDown) memory.cv = Math.min(highest, memory.cv + 1)
    else if (isDown && !isUp) memory.cv = Math.max(lowest, memory.cv - 1)
    memory.wasUp = cu
    memory.wasDown = cd
    return { qu: memory.cv >= pv, qd: memory.cv <= 0, cv: memory.cv }
  },
})

export default [ctu, ctd, ctud]
