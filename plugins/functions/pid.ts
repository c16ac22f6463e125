import { boolean, choice, defineBlock, double } from 'millrace/plugin'

const config = {
  gain: double({ default: 1, min: 0, description: 'Controller gain Kp of all three parts (ISA form).' }),
  ti: double({ unit: 's', min: 0.001, optional: true, description: 'Integral time; no integral part when absent.' }),
  td: double({ unit: 's', min: 0, default: 0, description: 'Derivative time; 0 is no derivative part.' }),
  n: double({
    min: 1,
    max: 100,
    default: 10,
    description: 'Filter of the derivative part: its time constant is td / n.',
  }),
  weight: double({ min: 0, max: 1, default: 1, description: 'Share of the setpoint in the proportional part.' }),
  min: double({ default: 0, description: 'Lower limit of the output.' }),
  max: double({ default: 100, description: 'Upper limit of the output.' }),
  action: choice(['reverse', 'direct'], {
    default: 'reverse',
    description: 'reverse: a value below the setpoint raises the output (heating); direct: lowers it (cooling).',
  }),
}

export default defineBlock({
  type: 'PID',
  description:
    'PID controller in ISA form: anti-windup, bumpless manual operation, derivative of the value with filter.',
  config,
  inputs: {
    setpoint: double({ like: 'value', description: 'Where the value should be.' }),
    value: double({ description: 'What is controlled (process value).' }),
    manual: boolean({ optional: true, description: 'True: the output is what manualOutput says.' }),
    manualOutput: double({
      optional: true,
      description: 'Output in manual operation; without it the output stands still.',
    }),
    feedforward: double({ optional: true, description: 'Added to the output, such as a known load.' }),
  },
  outputs: {
    output: double({ description: 'Controller output, between min and max.' }),
    error: double({ like: 'value', description: 'Setpoint minus value.' }),
    isLimited: boolean({ description: 'Whether the output is at a limit.' }),
  },
  check: ({ min, max }) => (min >= max ? [`min is ${min}, not below max, which is ${max}`] : []),
  memory: ({ min }) => ({ integral: 0, derivative: 0, lastValue: 0, output: min }),

  compute({ setpoint, value, manual, manualOutput, feedforward = 0 }, config, memory, { elapsed, isFirst }) {
    const { gain, ti, td, n, weight, min, max, action } = config
    const sign = action === 'reverse' ? 1 : -1
    if (isFirst) memory.lastValue = value
    if (elapsed > 0 && td > 0) {
      // Backward difference of Td s / (1 + s Td / N): stable for every cycle time. On the value alone, so that a step of the
      // setpoint gives no kick.
      const filter = td / n
      const change = -sign * gain * td * (value - memory.lastValue)
      memory.derivative = (filter * memory.derivative + change) / (filter + elapsed)
    }
    memory.lastValue = value

    const others = sign * gain * (weight * setpoint - value) + memory.derivative + feedforward
    const step = ti === undefined ? 0 : (sign * gain * (setpoint - value) * elapsed) / ti
    const limited = (output: number) => Math.min(max, Math.max(min, output))
    if (manual) {
      memory.output = limited(manualOutput ?? memory.output)
      // The integral follows, so that automatic operation goes on from here without a bump.
      if (ti !== undefined) memory.integral = memory.output - others
    } else {
      // Anti-windup: the integral moves no further than to where the output meets its limit.
      const wanted = memory.integral + step
      if (step > 0) memory.integral = Math.min(wanted, Math.max(memory.integral, max - others))
      if (step < 0) memory.integral = Math.max(wanted, Math.min(memory.integral, min - others))
      memory.output = limited(others + memory.integral)
    }
    const isLimited = memory.output === min || memory.output === max
    return { output: memory.output, error: setpoint - value, isLimited }
  },
})
