import { followed, settling } from './lag.ts'
import { crossing, type Moment, momentAt, type Profile, rest, shifted } from './profile.ts'

/** An axis is settled when the actual position is so near to where it will rest, in degrees. */
const settledWithin = 0.01

/** A target exactly at a limit must not trip it by rounding, in degrees. */
const limitTolerance = 0.001

/** What a drive is like. */
export interface DriveSettings {
  readonly initialPosition: number
  /** Time constant with which the actual position follows the commanded one, in seconds. */
  readonly lag: number
  /** Degrees by which the axis yields to 1 N·m of load. */
  readonly compliance: number
}

/** The moving part of an axis: a commanded profile, and an actual position that follows it and yields to a load. */
export class Drive {
  readonly #settings: DriveSettings
  #profile: Profile
  /** When the profile began. */
  #since = 0
  /** The actual position, and the time up to which it is known. */
  #actual: number
  #time = 0
  #load = 0

  /** It stands at its initial position at the time 0. */
  constructor(settings: DriveSettings) {
    this.#settings = settings
    this.#actual = settings.initialPosition
    this.#profile = rest(settings.initialPosition)
  }

  /** How far {@link follow} has come, in seconds. */
  get time(): number {
    return this.#time
  }

  /** What is commanded now. */
  get commanded(): Moment {
    return momentAt(this.#profile, this.#time - this.#since)
  }

  /** The actual position. */
  get position(): number {
    return this.#actual
  }

  /** The actual velocity. */
  get velocity(): number {
    const { lag } = this.#settings
    const { position, velocity } = this.commanded
    return lag === 0 ? velocity : (position - this.#sag - this.#actual) / lag
  }

  /** Commanded less actual position. */
  get followingError(): number {
    return this.commanded.position - this.#actual
  }

  /** The load, in N·m. */
  get load(): number {
    return this.#load
  }

  set load(torque: number) {
    this.#load = torque
  }

  /** Follows another profile from now on. */
  plan(profile: Profile): void {
    this.#profile = profile
    this.#since = this.#time
  }

  /** Goes on to a time that must not lie beyond {@link boundary}. */
  follow(time: number): void {
    const seconds = time - this.#time
    // Seen from its middle, because at its ends rounding may give the acceleration of a neighbour.
    const middle = momentAt(this.#profile, this.#time + seconds / 2 - this.#since)
    const start = shifted(middle, -seconds / 2)
    const pulled = { ...start, position: start.position - this.#sag }
    this.#actual = followed(this.#actual, pulled, seconds, this.#settings.lag)
    this.#time = time
  }

  /** The next time at which the commanded acceleration changes; Infinity when it never does. */
  get boundary(): number {
    let end = this.#since
    for (const segment of this.#profile.segments) {
      end += segment.duration
      if (end > this.#time) return end
    }
    return this.#end > this.#time ? this.#end : Number.POSITIVE_INFINITY
  }

  /** When the profile has come to its end, now at the earliest; undefined while that lies ahead. */
  get arrival(): number | undefined {
    return this.#time < this.#end ? undefined : this.#time
  }

  /** When the actual position has settled; undefined while the profile has not come to its end. */
  get settlement(): number | undefined {
    if (this.#time < this.#end) return undefined
    const error = this.#profile.end.position - this.#sag - this.#actual
    return this.#time + settling(error, settledWithin, this.#settings.lag)
  }

  /** When the commanded position goes beyond a limit outwards; undefined when it does not. */
  crossing(at: number, outwards: 1 | -1): number | undefined {
    const limit = { at: at + outwards * limitTolerance, outwards }
    const seconds = crossing(this.#profile, limit, this.#time - this.#since)
    return seconds === undefined ? undefined : this.#since + seconds
  }

  get #end(): number {
    // The sum over all segments may be rounded otherwise than the sums up to each of them.
    return this.#since + this.#profile.duration
  }

  get #sag(): number {
    return this.#load * this.#settings.compliance
  }
}
