import { double, type Moment } from 'millrace/plugin'

/** For blocks whose outputs go on moving when their inputs stand still. */
export const refresh = double({
  unit: 's',
  min: 0.001,
  optional: true,
  description:
    'How often to go on computing while the output moves and no input changes; for pipelines without a cycle.',
})

/** Asks for another turn while an output moves, if the configuration wants it. */
export function wakeWhile(isMoving: boolean, seconds: number | undefined, { wakeIn }: Pick<Moment, 'wakeIn'>): void {
  if (isMoving && seconds !== undefined) wakeIn(seconds)
}
