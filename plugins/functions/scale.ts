import { boolean, defineFunction, double, unit } from 'millrace/plugin'

const value = double({ description: 'What is scaled.' })
const unitOfResult = unit({ optional: true, description: 'Engineering unit of the result.' })

/** Unit of an output, when there is one: an optional field is undefined although its type does not say so. */
function inUnit(symbol: string | undefined): { unit?: string } {
  return symbol === undefined ? {} : { unit: symbol }
}

const scale = defineFunction({
  type: 'SCALE',
  description: 'Maps one range onto another, such as 4 to 20 mA onto 0 to 6 bar.',
  config: {
    inMin: double({ default: 0, description: 'Value that becomes outMin.' }),
    inMax: double({ default: 1, description: 'Value that becomes outMax.' }),
    outMin: double({ default: 0, description: 'Result at inMin.' }),
    outMax: double({ default: 100, description: 'Result at inMax.' }),
    unit: unitOfResult,
    clamp: boolean({ default: true, description: 'Whether the result stays between outMin and outMax.' }),
  },
  inputs: { value },
  outputs: ({ outMin, outMax, unit, clamp }) => {
    const range = clamp ? { min: Math.min(outMin, outMax), max: Math.max(outMin, outMax) } : {}
    return { scaled: double({ ...inUnit(unit), ...range, description: 'The scaled value.' }) }
  },
  check: ({ inMin, inMax }) => (inMin === inMax ? [`inMin and inMax are both ${inMin}; they must differ`] : []),

  compute({ value }, { inMin, inMax, outMin, outMax, clamp }) {
    const scaled = outMin + ((value - inMin) / (inMax - inMin)) * (outMax - outMin)
    const [low, high] = outMin < outMax ? [outMin, outMax] : [outMax, outMin]
    return { scaled: clamp ? Math.min(high, Math.max(low, scaled)) : scaled }
  },
})

const linearScale = defineFunction({
  type: 'linear-scale',
  description: 'Multiplies by a gain and adds an offset.',
  config: {
    gain: double({ default: 1, description: 'Factor.' }),
    offset: double({ default: 0, description: 'Added after multiplying.' }),
    unit: unitOfResult,
  },
  inputs: { value },
  outputs: ({ unit }) => ({ scaled: double({ ...inUnit(unit), description: 'The scaled value.' }) }),
  compute: ({ value }, { gain, offset }) => ({ scaled: value * gain + offset }),
})

export default [scale, linearScale]
