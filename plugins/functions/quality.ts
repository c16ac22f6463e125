import { boolean, defineFunction, double, good, isBad, isGood, type Sample, Status } from 'millrace/plugin'

export default defineFunction({
  type: 'quality',
  description: 'Tells whether a sample is good, and puts a fallback in the place of a bad one.',
  config: {
    fallback: double({
      optional: true,
      description: 'Value in place of a Bad one; without it a Bad sample stays Bad.',
    }),
  },
  inputs: { value: double({ description: 'What is judged.' }) },
  outputs: {
    value: double({ like: 'value', description: 'The value, or the fallback as UncertainSubstituteValue.' }),
    isGood: boolean({ description: 'Whether the sample is Good.' }),
    isUsable: boolean({ description: 'Whether the sample is Good or Uncertain.' }),
  },

  computeSamples({ value: sample }, { fallback }) {
    const { status, sourceTime } = sample
    return {
      value: isBad(status) && fallback !== undefined ? substitute(sample, fallback) : sample,
      isGood: good(isGood(status), sourceTime),
      isUsable: good(!isBad(status), sourceTime),
    }
  },
})

/** Keeps the cause, so that an operator still finds the device where the trouble began. */
function substitute({ sourceTime, cause }: Sample, value: number): Sample<number> {
  return { value, status: Status.UncertainSubstituteValue, sourceTime, cause }
}
