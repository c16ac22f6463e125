import { isGood } from '../../model/status.ts'
import type { Summary } from '../history-store.ts'
import { isTyped, type Samples } from '../samples.ts'

/** Adds up samples that are in order of time and not empty. NaN counts as Good but has no part in the sums. */
export function summaryOf({ count, times, statuses, values }: Samples): Summary {
  const numbers = isTyped(values) ? values : undefined
  let [good, sum, minimum, maximum, isNumeric] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false]
  for (let index = 0; index < count; index++) {
    if (!isGood(statuses[index] as number)) continue
    good++
    const value = numbers ? numbers[index] : values[index]
    if (typeof value !== 'number' || Number.isNaN(value)) continue
    isNumeric = true
    sum += value
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  return {
    from: times[0] as number,
    to: times[count - 1] as number,
    count,
    good,
    sum: Number.isNaN(sum) ? 0 : sum,
    minimum: isNumeric ? minimum : null,
    maximum: isNumeric ? maximum : null,
  }
}
