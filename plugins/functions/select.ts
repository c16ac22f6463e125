import {
  bad,
  boolean,
  choice,
  defineFunction,
  double,
  type Field,
  type Fields,
  isBad,
  type Sample,
  Status,
  text,
  uint8,
} from 'millrace/plugin'

type Type = 'Double' | 'Boolean' | 'String'

const config = {
  type: choice(['Double', 'Boolean', 'String'], { default: 'Double', description: 'Data type of what is selected.' }),
}

function fieldOf(type: Type, options: { optional?: boolean; like?: string; description: string }): Field {
  if (type === 'Double') return double(options)
  return type === 'Boolean' ? boolean(options) : text(options)
}

/** The chosen sample as it is; what is not chosen does not matter, not even when it is Bad. */
function selected(selector: Sample, chosen: Sample | undefined): Sample {
  if (isBad(selector.status)) return bad(selector.status, selector.sourceTime, selector.cause)
  return chosen ?? bad(Status.BadOutOfRange, selector.sourceTime)
}

const sel = defineFunction({
  type: 'SEL',
  description: 'Selects one of two values; only the status of the selected one counts.',
  config,
  inputs: ({ type }): Fields => ({
    g: boolean({ description: 'Selects in1 when it is true, else in0 (G).' }),
    in0: fieldOf(type, { description: 'Selected when g is false.' }),
    in1: fieldOf(type, { like: 'in0', description: 'Selected when g is true.' }),
  }),
  outputs: ({ type }): Fields => ({ out: fieldOf(type, { like: 'in0', description: 'The selected value.' }) }),

  computeSamples({ g, in0, in1 }) {
    return { out: selected(g as Sample, g?.value === true ? in1 : in0) }
  },
})

const positions = [0, 1, 2, 3, 4, 5, 6, 7] as const

const mux = defineFunction({
  type: 'MUX',
  description: 'Selects one of up to eight values by number; only the status of the selected one counts.',
  config,
  inputs: ({ type }): Fields => ({
    k: uint8({ max: 7, description: 'Number of the selected input; Bad when nothing is wired there (K).' }),
    ...Object.fromEntries(
      positions.map((position) => {
        const like = position === 0 ? {} : { like: 'in0' }
        const description = `Selected when k is ${position}.`
        return [`in${position}`, fieldOf(type, { ...like, optional: position > 1, description })]
      }),
    ),
  }),
  outputs: ({ type }): Fields => ({ out: fieldOf(type, { like: 'in0', description: 'The selected value.' }) }),

  computeSamples({ k, ...inputs }) {
    return { out: selected(k as Sample, inputs[`in${Number(k?.value)}`]) }
  },
})

export default [sel, mux]
