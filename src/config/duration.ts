const msByUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

/** What a duration looks like in a file: a number and its unit without a space, such as `500ms`, `1.5s`, `5m`, `2h`, `90d`, `1y`. */
export const durationPattern = /^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d|w|y)$/

/** The longest duration that a file may name: 100 years. */
export const durationMsMax = 100 * 31_536_000_000

/** A duration as a file gives it, in the largest unit of which it is a whole number: `2m`. */
export function writeDuration(ms: number): string {
  const fits = Object.entries(msByUnit).filter(([, each]) => ms >= each && ms % each === 0)
  const [unit, each] = fits.at(-1) ?? ['ms', 1]
  return `${ms / each}${unit}`
}

/** A duration in milliseconds, or undefined when the text is not one or is longer than {@link durationMsMax}. A year is 365 days. */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined
  const unit = /[a-z]+$/.exec(text)?.[0] ?? ''
  const ms = Number.parseFloat(text) * (msByUnit[unit] ?? Number.NaN)
  return ms <= durationMsMax ? ms : undefined
}
