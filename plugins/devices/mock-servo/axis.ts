import { Rejected, Status } from 'millrace/plugin'
import { type AxisState, admit, type Command, type CommandName, type Goal } from './command.ts'
import { Drive, type DriveSettings } from './drive.ts'
import { brake, type Dynamics, moveAt, moveTo, type Profile } from './profile.ts'

/** What an axis is like; degrees, seconds, N·m. */
export interface AxisSettings extends DriveSettings {
  readonly homePosition: number
  readonly homingVelocity: number
  readonly minPosition: number
  readonly maxPosition: number
  readonly maxVelocity: number
  readonly maxAcceleration: number
  readonly maxFollowingError: number
  readonly autoPower: boolean
}

/** Faults of an axis and their codes; 0 is none. */
export const faults = { none: 0, followingError: 1, positiveLimit: 2, negativeLimit: 3 } as const

/**
 * A servo axis with the states of PLCopen Motion Control. Its motion is a closed form of time, in seconds of any clock: how
 * often it is looked at changes nothing but the moment at which a following error is noticed.
 *
 * A new command aborts the one under way (buffer mode Aborting). A fault brakes, latches, and waits for reset.
 */
export class Axis {
  readonly #settings: AxisSettings
  readonly #drive: Drive
  #state: AxisState = 'disabled'
  #isPowered = false
  #isHomed = false
  #faultCode = 0
  #target: number
  #override = 1
  #command: Command | undefined
  /** The goal of the command that began last; a velocity is kept after it was reached. */
  #goal: Goal = { kind: 'standstill' }

  /** It stands at its initial position at the time 0, without power. */
  constructor(settings: AxisSettings) {
    this.#settings = settings
    this.#drive = new Drive(settings)
    this.#target = settings.initialPosition
  }

  /** What can be seen of it, as far as {@link advance} has come. */
  get view() {
    const { commanded, position, velocity, followingError, load } = this.#drive
    return {
      state: this.#state,
      isPowered: this.#isPowered,
      isHomed: this.#isHomed,
      faultCode: this.#faultCode,
      targetPosition: this.#target,
      commanded,
      position,
      velocity,
      followingError,
      load,
      override: this.#override,
    }
  }

  /** Goes on to a time: whatever happens until then (a goal, a limit, a fault) happens at its own moment. */
  advance(time: number): void {
    while (this.#drive.time < time) {
      const { at, happen } = this.#next()
      this.#drive.follow(Math.min(at, time))
      this.#watchFollowing()
      if (this.#drive.time >= at) happen?.()
    }
  }

  /** Switches the power stage. Without power the axis brakes, and what it was doing is aborted. */
  power(isOn: boolean): Command {
    if (isOn === this.#isPowered) return this.#done('power')
    this.#isPowered = isOn
    if (this.#state === 'errorStop') return this.#done('power')
    if (isOn) {
      this.#state = 'standstill'
      return this.#done('power')
    }
    this.#abort('power')
    this.#drive.plan(brake(this.#drive.commanded, this.#settings.maxAcceleration))
    this.#state = 'disabled'
    return this.#done('power')
  }

  /** Seeks the home position; from then on the limits are watched. */
  home(): Command {
    const { homePosition, homingVelocity, maxAcceleration } = this.#settings
    this.#admit('home')
    this.#isHomed = false
    return this.#begin('home', 'homing', {
      ...{ kind: 'position', target: homePosition },
      ...{ velocity: homingVelocity, acceleration: maxAcceleration },
    })
  }

  /** Goes to a position; the axis must be homed, and the position inside the limits (BadOutOfRange). */
  moveAbsolute(position: number, dynamics: Dynamics): Command {
    this.#checkTarget(position)
    const goal: Goal = { kind: 'position', target: position, ...this.#within(dynamics) }
    this.#admit('moveAbsolute')
    if (!this.#isHomed) {
      throw new Rejected('moveAbsolute needs a homed axis; call home first', { status: Status.BadInvalidState })
    }
    return this.#begin('moveAbsolute', 'discreteMotion', goal)
  }

  /** Goes by a distance from the commanded position. */
  moveRelative(distance: number, dynamics: Dynamics): Command {
    const target = this.#drive.commanded.position + distance
    if (this.#isHomed) this.#checkTarget(target)
    const goal: Goal = { kind: 'position', target, ...this.#within(dynamics) }
    this.#admit('moveRelative')
    return this.#begin('moveRelative', 'discreteMotion', goal)
  }

  /** Takes on a velocity and keeps it until another command; done when the velocity is reached. */
  moveVelocity({ velocity, acceleration }: Dynamics): Command {
    const limited = this.#within({ velocity: Math.abs(velocity), acceleration })
    this.#admit('moveVelocity')
    const signed = { ...limited, velocity: Math.sign(velocity) * limited.velocity }
    return this.#begin('moveVelocity', 'continuousMotion', { kind: 'velocity', ...signed })
  }

  /** Brakes to a standstill; another move may begin meanwhile. */
  halt(): Command {
    this.#admit('halt')
    return this.#begin('halt', 'discreteMotion', { kind: 'standstill' })
  }

  /** Brakes to a standstill and refuses every other move until then. */
  stop(): Command {
    this.#admit('stop')
    return this.#begin('stop', 'stopping', { kind: 'standstill' })
  }

  /** Takes a fault back, once the axis stands still. Its cause may bring it again. */
  reset(): Command {
    if (this.#state !== 'errorStop') return this.#done('reset')
    this.#abort('reset')
    this.#command = { ...this.#done('reset'), outcome: 'active' }
    return this.#command
  }

  /** Gives up a command: when it is still under way, the axis brakes to a standstill. */
  cancel(command: Command): void {
    if (command !== this.#command) return
    if (this.#state === 'errorStop') this.#abort('its caller')
    else if (this.#state === 'homing') this.stop()
    else if (this.#state !== 'stopping') this.halt()
  }

  /** Scales the velocity of every move, from 0 (hold) to 1. */
  setOverride(override: number): void {
    this.#override = override
    const isMoving = this.#command !== undefined || this.#state === 'continuousMotion'
    if (isMoving && this.#goal.kind !== 'standstill') this.#drive.plan(this.#profileTo(this.#goal))
  }

  /** Puts a load on the axis, in N·m; it yields by its compliance. */
  setLoad(torque: number): void {
    this.#drive.load = torque
  }

  #admit(name: CommandName): void {
    const isMove = name !== 'halt' && name !== 'stop'
    if (isMove && this.#state === 'disabled' && this.#settings.autoPower) this.power(true)
    admit(name, this.#state)
  }

  #checkTarget(position: number): void {
    const { minPosition, maxPosition } = this.#settings
    if (position >= minPosition && position <= maxPosition) return
    throw new Rejected(`the target ${position}° is outside the limits of ${minPosition}° to ${maxPosition}°`, {
      status: Status.BadOutOfRange,
    })
  }

  #within({ velocity, acceleration }: Dynamics): Dynamics {
    const { maxVelocity, maxAcceleration } = this.#settings
    if (!(velocity > 0 && acceleration > 0)) {
      throw new Rejected(`a move needs a velocity and an acceleration above 0, not ${velocity} and ${acceleration}`, {
        status: Status.BadOutOfRange,
      })
    }
    return { velocity: Math.min(velocity, maxVelocity), acceleration: Math.min(acceleration, maxAcceleration) }
  }

  #begin(name: CommandName, state: AxisState, goal: Goal): Command {
    this.#abort(name)
    this.#state = state
    this.#goal = goal
    if (goal.kind === 'position') this.#target = goal.target
    this.#command = { name, goal, outcome: 'active', reason: '', position: this.#drive.position }
    this.#drive.plan(this.#profileTo(goal))
    return this.#command
  }

  #done(name: CommandName): Command {
    return { name, goal: { kind: 'standstill' }, outcome: 'done', reason: '', position: this.#drive.position }
  }

  #abort(by: string): void {
    if (this.#command) Object.assign(this.#command, { outcome: 'aborted', reason: `aborted by ${by}` })
    this.#command = undefined
  }

  #profileTo(goal: Goal): Profile {
    const from = this.#drive.commanded
    const { maxAcceleration } = this.#settings
    if (goal.kind === 'standstill') return brake(from, maxAcceleration)
    const velocity = goal.velocity * this.#override
    if (goal.kind === 'velocity') return moveAt(from, velocity, goal.acceleration)
    return velocity === 0 ? brake(from, goal.acceleration) : moveTo(from, goal.target, { ...goal, velocity })
  }

  /** The next moment at which something may happen, and what it is. */
  #next(): { readonly at: number; readonly happen?: () => void } {
    const boundary = this.#drive.boundary
    const limit = this.#nextLimit()
    const goal = this.#nextGoal()
    if (limit && limit.at <= boundary && limit.at <= (goal ?? Number.POSITIVE_INFINITY)) return limit
    if (goal !== undefined && goal <= boundary) return { at: goal, happen: () => this.#reached() }
    return { at: boundary }
  }

  #nextLimit(): { readonly at: number; readonly happen: () => void } | undefined {
    if (!this.#isHomed || !this.#isPowered || this.#state === 'errorStop') return undefined
    const { minPosition, maxPosition } = this.#settings
    const high = this.#drive.crossing(maxPosition, 1)
    const low = this.#drive.crossing(minPosition, -1)
    if (high === undefined && low === undefined) return undefined
    const isHigh = low === undefined || (high !== undefined && high < low)
    return {
      at: (isHigh ? high : low) as number,
      happen: () =>
        isHigh
          ? this.#fail(faults.positiveLimit, `the axis went beyond its limit of ${maxPosition}°`)
          : this.#fail(faults.negativeLimit, `the axis went beyond its limit of ${minPosition}°`),
    }
  }

  /** When the command's goal is reached, as far as it can be told now. */
  #nextGoal(): number | undefined {
    const goal = this.#command?.goal
    if (!goal) return undefined
    if (goal.kind !== 'standstill' && this.#override === 0) return undefined
    return goal.kind === 'velocity' ? this.#drive.arrival : this.#drive.settlement
  }

  #reached(): void {
    const command = this.#command
    if (!command) return
    this.#command = undefined
    Object.assign(command, { outcome: 'done', position: this.#drive.position })
    if (command.name === 'home') this.#isHomed = true
    if (command.name === 'reset') this.#faultCode = faults.none
    if (command.goal.kind !== 'velocity') this.#state = this.#isPowered ? 'standstill' : 'disabled'
  }

  #fail(code: number, reason: string): void {
    if (this.#state === 'errorStop') return
    if (this.#command) Object.assign(this.#command, { outcome: 'failed', reason })
    this.#command = undefined
    this.#drive.plan(brake(this.#drive.commanded, this.#settings.maxAcceleration))
    this.#state = 'errorStop'
    this.#faultCode = code
  }

  #watchFollowing(): void {
    const { maxFollowingError } = this.#settings
    const error = Math.abs(this.#drive.followingError)
    if (!this.#isPowered || error <= maxFollowingError) return
    const reason = `the axis followed ${error.toFixed(2)}° behind, more than ${maxFollowingError}°`
    this.#fail(faults.followingError, reason)
  }
}
