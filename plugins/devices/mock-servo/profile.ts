/** Where an axis is and how fast it goes, in degrees and degrees per second. */
export interface Motion {
  readonly position: number
  readonly velocity: number
}

/** A motion with its acceleration, in degrees per second squared. */
export interface Moment extends Motion {
  readonly acceleration: number
}

/** A stretch of constant acceleration; the last one of a profile may be endless. */
export interface Segment extends Moment {
  /** Seconds. */
  readonly duration: number
}

/** A motion over time in closed form: segments one after the other, and where it rests or goes on after the last one. */
export interface Profile {
  readonly segments: readonly Segment[]
  /** Seconds until the last segment begins that does not end. */
  readonly duration: number
  readonly end: Motion
}

/** How fast, and how fast it may become so; both above zero. */
export interface Dynamics {
  readonly velocity: number
  readonly acceleration: number
}

/** A profile that stays where it is. */
export function rest(position: number): Profile {
  return { segments: [], duration: 0, end: { position, velocity: 0 } }
}

/**
 * Goes to a position and stands still there: a trapezoid of velocity, or a triangle when the way is too short to reach the
 * full velocity. It may begin while moving: too fast it brakes first, in the wrong direction it turns round, and when it
 * cannot stop before the target any more it goes past and comes back.
 */
export function moveTo(from: Motion, target: number, { velocity, acceleration }: Dynamics): Profile {
  const way = target - restingPoint(from, acceleration)
  if (way === 0) return ended(slowDown(from, acceleration), target)
  const sign = Math.sign(way)
  // All in the direction of the way, so that there is one case instead of two.
  const distance = sign * (target - from.position)
  const start = sign * from.velocity
  const peak = Math.min(velocity, Math.sqrt(Math.max(0, acceleration * distance + (start * start) / 2)))
  const top = start > velocity ? velocity : peak
  const first = ramp(start, top, acceleration)
  const last = ramp(top, 0, acceleration)
  const travelled = travel(start, top, first.duration) + travel(top, 0, last.duration)
  const cruise = { duration: top > 0 ? Math.max(0, (distance - travelled) / top) : 0, acceleration: 0 }
  const parts = [first, cruise, last].map((part) => ({ ...part, acceleration: sign * part.acceleration }))
  return ended(chained(from, parts), target)
}

/** Takes on a velocity, with its sign, and keeps it for ever. */
export function moveAt(from: Motion, velocity: number, acceleration: number): Profile {
  const segments = chained(from, [ramp(from.velocity, velocity, acceleration)])
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0)
  const last = segments.at(-1)
  const position = last ? shifted(last, last.duration).position : from.position
  return { segments, duration, end: { position, velocity } }
}

/** Brakes to a standstill, wherever that is. */
export function brake(from: Motion, acceleration: number): Profile {
  return ended(slowDown(from, acceleration), restingPoint(from, acceleration))
}

/** The motion after so many seconds; exactly the end's once the profile is over. */
export function momentAt({ segments, duration, end }: Profile, seconds: number): Moment {
  if (seconds >= duration) {
    return { ...end, position: end.position + end.velocity * (seconds - duration), acceleration: 0 }
  }
  let left = Math.max(0, seconds)
  for (const segment of segments) {
    if (left < segment.duration) return shifted(segment, left)
    left -= segment.duration
  }
  return { ...end, acceleration: 0 }
}

/**
 * The first time, from `since` on, at which the motion goes beyond a limit outwards; undefined when it never does.
 * Coming back from outside is no crossing.
 */
export function crossing(
  profile: Profile,
  limit: { readonly at: number; readonly outwards: 1 | -1 },
  since: number,
): number | undefined {
  const { segments, duration, end } = profile
  const endless: Segment = { ...end, acceleration: 0, duration: Number.POSITIVE_INFINITY }
  let begin = 0
  for (const segment of duration > 0 ? [...segments, endless] : [endless]) {
    const found = crossingIn(segment, limit, Math.max(0, since - begin))
    if (found !== undefined) return begin + found
    begin += segment.duration
  }
  return undefined
}

function crossingIn(
  segment: Segment,
  { at, outwards }: { readonly at: number; readonly outwards: 1 | -1 },
  since: number,
): number | undefined {
  if (since >= segment.duration) return undefined
  const start = shifted(segment, since)
  // Seen in the direction outwards: how far it still is, how fast, and how much faster.
  const gap = outwards * (at - start.position)
  const speed = outwards * start.velocity
  const gain = outwards * start.acceleration
  const delay = gap > 0 || (gap === 0 && speed < 0) ? reaching(gap, speed, gain) : outgoing(gap, speed, gain)
  return delay !== undefined && since + delay < segment.duration ? since + delay : undefined
}

/** Seconds until something inside reaches the limit: the first root of gap = speed t + gain t²/2 with a speed outwards. */
function reaching(gap: number, speed: number, gain: number): number | undefined {
  if (gain === 0) return speed > 0 ? gap / speed : undefined
  const root = speed * speed + 2 * gain * gap
  // With a root of zero it only touches the limit.
  if (root <= 0 || (gain < 0 && speed <= 0)) return undefined
  return (Math.sqrt(root) - speed) / gain
}

/** Seconds until something at the limit or outside goes further out: at once, when it turns, or after it has been inside. */
function outgoing(gap: number, speed: number, gain: number): number | undefined {
  if (speed > 0) return 0
  if (gain <= 0) return undefined
  const root = speed * speed + 2 * gain * gap
  return root < 0 ? -speed / gain : (Math.sqrt(root) - speed) / gain
}

/** A motion of constant acceleration, so many seconds later (or earlier). */
export function shifted({ position, velocity, acceleration }: Moment, seconds: number): Moment {
  return {
    position: position + velocity * seconds + (acceleration * seconds * seconds) / 2,
    velocity: velocity + acceleration * seconds,
    acceleration,
  }
}

function restingPoint({ position, velocity }: Motion, acceleration: number): number {
  return position + (velocity * Math.abs(velocity)) / (2 * acceleration)
}

function slowDown(from: Motion, acceleration: number): readonly Segment[] {
  return chained(from, [ramp(from.velocity, 0, acceleration)])
}

function ramp(from: number, to: number, acceleration: number): { duration: number; acceleration: number } {
  return { duration: Math.abs(to - from) / acceleration, acceleration: Math.sign(to - from) * acceleration }
}

function travel(from: number, to: number, seconds: number): number {
  return ((from + to) / 2) * seconds
}

function chained(
  from: Motion,
  parts: readonly { readonly duration: number; readonly acceleration: number }[],
): readonly Segment[] {
  const segments: Segment[] = []
  let motion = from
  for (const part of parts) {
    if (part.duration === 0) continue
    const segment: Segment = { position: motion.position, velocity: motion.velocity, ...part }
    segments.push(segment)
    motion = shifted(segment, part.duration)
  }
  return segments
}

/** Closes a profile at a position that is known exactly, whatever rounding the segments have gathered. */
function ended(segments: readonly Segment[], position: number): Profile {
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0)
  return { segments, duration, end: { position, velocity: 0 } }
}
