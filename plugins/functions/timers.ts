import { boolean, defineBlock, double } from 'millrace/plugin'

/** Adding up many short times leaves a rest that must not delay the output by a cycle. */
const tolerance = 1e-9

const config = { pt: double({ unit: 's', min: 0, description: 'Preset time (PT).' }) }
const inputs = { in: boolean({ description: 'What is timed (IN).' }) }
const outputs = {
  q: boolean({ description: 'The delayed or lengthened input (Q).' }),
  et: double({ unit: 's', description: 'Elapsed time (ET), up to the preset time.' }),
}
const memory = () => ({ wasOn: false, isRunning: false, et: 0 })

const ton = defineBlock({
  type: 'TON',
  description: 'On-delay timer: the output follows a true input after the preset time.',
  config,
  inputs,
  outputs,
  memory,

  compute({ in: isOn }, { pt }, memory, { elapsed, wakeIn }) {
    memory.et = isOn && memory.wasOn ? Math.min(pt, memory.et + elapsed) : 0
    memory.wasOn = isOn
    const q = isOn && memory.et >= pt - tolerance
    if (isOn && !q) wakeIn(pt - memory.et)
    return { q, et: q ? pt : memory.et }
  },
})

const tof = defineBlock({
  type: 'TOF',
  description: 'Off-delay timer: the output stays true for the preset time after the input has become false.',
  config,
  inputs,
  outputs,
  memory,

  compute({ in: isOn }, { pt }, memory, { elapsed, wakeIn }) {
    if (isOn) Object.assign(memory, { isRunning: false, et: 0 })
    else if (memory.wasOn) Object.assign(memory, { isRunning: true, et: 0 })
    else if (memory.isRunning) memory.et = Math.min(pt, memory.et + elapsed)
    memory.wasOn = isOn
    if (memory.isRunning && memory.et >= pt - tolerance) Object.assign(memory, { isRunning: false, et: pt })
    if (memory.isRunning) wakeIn(pt - memory.et)
    return { q: isOn || memory.isRunning, et: memory.et }
  },
})

const tp = defineBlock({
  type: 'TP',
  description: 'Pulse timer: a rising input makes the output true for exactly the preset time.',
  config,
  inputs,
  outputs,
  memory,

  compute({ in: isOn }, { pt }, memory, { elapsed, wakeIn }) {
    if (memory.isRunning) memory.et = Math.min(pt, memory.et + elapsed)
    else if (isOn && !memory.wasOn) Object.assign(memory, { isRunning: true, et: 0 })
    memory.wasOn = isOn
    if (memory.isRunning && memory.et >= pt - tolerance) Object.assign(memory, { isRunning: false, et: pt })
    // IEC 61131-3: the elapsed time stands until the input is false too.
    if (!memory.isRunning && !isOn) memory.et = 0
    if (memory.isRunning) wakeIn(pt - memory.et)
    return { q: memory.isRunning, et: memory.et }
  },
})

export default [ton, tof, tp]
