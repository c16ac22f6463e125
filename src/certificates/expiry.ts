/** Days before the end at which it is told that a certificate expires; 0 is its last day, and every moment after it. */
export const warningDays = [30, 7, 1, 0] as const

/** One of the moments at which it is told. */
export type WarningDay = (typeof warningDays)[number]

/** The nearest of those moments that is past already; undefined while there is time. */
export function warningFor(daysLeft: number): WarningDay | undefined {
  return warningDays.findLast((days) => daysLeft <= days)
}
