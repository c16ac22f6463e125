import { boolean, choice, defineDevice, double, NotConnected, uint16, uint32 } from 'millrace/plugin'
import { interval, lastValueFrom, map, type Observable, Subject, share, startWith, takeUntil, takeWhile } from 'rxjs'
import { Axis } from './mock-servo/axis.ts'
import { axisStates, type Command, unfinished } from './mock-servo/command.ts'
import { noiseOf } from './mock-servo/noise.ts'

const position = { unit: '°' } as const
const dynamics = {
  velocity: double({ unit: '°/s', min: 0, max: 36_000, default: 90, description: 'Limited to the maximum velocity.' }),
  acceleration: double({
    ...{ unit: '°/s²', min: 0, max: 360_000, default: 720 },
    description: 'Also used to brake; limited to the maximum acceleration.',
  }),
}
const velocityOverride = double({ unit: '%', min: 0, max: 100, description: 'Scales the velocity of every move.' })
const loadTorque = double({ unit: 'N·m', min: -100, max: 100, description: 'Torque that pulls at the axis.' })

const actual = double({ ...position, description: 'Actual position when it ended.' })

/** Torque for 1 °/s² of acceleration, and for 1 °/s of velocity, in N·m. */
const inertia = 0.0008
const friction = 0.002

export default defineDevice({
  type: 'mock-servo',
  description: 'A simulated servo axis with the states and commands of PLCopen Motion Control.',
  config: {
    every: double({ unit: 'ms', default: 50, min: 5, max: 60_000, description: 'Time between two readings.' }),
    maxVelocity: double({ unit: '°/s', default: 360, min: 0.001, max: 36_000, description: 'Fastest of any move.' }),
    maxAcceleration: double({
      ...{ unit: '°/s²', default: 3600, min: 0.001, max: 360_000 },
      description: 'Most of any move; halt, stop and faults brake with it.',
    }),
    minPosition: double({ ...position, default: -180, description: 'Software limit, watched once the axis is homed.' }),
    maxPosition: double({ ...position, default: 180, description: 'Software limit, watched once the axis is homed.' }),
    initialPosition: double({ ...position, default: 15, description: 'Where the axis stands before it is homed.' }),
    homePosition: double({ ...position, default: 0, description: 'Where home takes the axis.' }),
    homingVelocity: double({ unit: '°/s', default: 45, min: 0.001, max: 36_000, description: 'Velocity of home.' }),
    lag: double({ unit: 'ms', default: 10, min: 0, max: 1000, description: 'How late the axis follows its command.' }),
    maxFollowingError: double({
      ...{ ...position, default: 10, min: 0.01, max: 360 },
      description: 'More than that between the commanded and the actual position is a fault.',
    }),
    compliance: double({
      unit: '°',
      default: 0.2,
      min: 0,
      max: 10,
      description: 'How far 1 N·m of load moves the axis.',
    }),
    noise: double({
      unit: '%',
      default: 0,
      min: 0,
      max: 100,
      description: 'Noise of the torque, in percent of 1 N·m.',
    }),
    seed: uint32({ default: 1, description: 'The same seed gives the same noise.' }),
    autoPower: boolean({ default: true, description: 'Whether home and moves switch the power on by themselves.' }),
  },
  check: ({ minPosition, maxPosition, homePosition }) => [
    ...(minPosition < maxPosition
      ? []
      : [`minPosition is ${minPosition}° and maxPosition is ${maxPosition}°; the first must be below the second`]),
    ...(homePosition < minPosition || homePosition > maxPosition
      ? [`homePosition is ${homePosition}°; choose one from ${minPosition}° to ${maxPosition}°`]
      : []),
  ],
  outputs: ({ minPosition, maxPosition, maxVelocity }) => ({
    position: double({ ...position, min: minPosition, max: maxPosition, description: 'Actual position.' }),
    velocity: double({ unit: '°/s', min: -maxVelocity, max: maxVelocity, description: 'Actual velocity.' }),
    torque: double({ unit: 'N·m', description: 'Torque of the motor.' }),
    targetPosition: double({
      ...position,
      min: minPosition,
      max: maxPosition,
      description: 'Where the last move goes.',
    }),
    followingError: double({ ...position, description: 'Commanded less actual position.' }),
    state: choice(axisStates, { description: 'State of the axis (PLCopen Motion Control part 1).' }),
    powered: boolean({ description: 'Whether the power stage is on.' }),
    homed: boolean({ description: 'Whether the axis knows its position.' }),
    faultCode: uint16({
      description: '0 none, 1 following error, 2 positive limit, 3 negative limit; latched until reset.',
    }),
    velocityOverride,
    loadTorque,
  }),
  inputs: ({ minPosition, maxPosition }) => ({
    targetPosition: double({
      ...{ ...position, min: minPosition, max: maxPosition },
      description: 'Writing it begins a move, as moveAbsolute does, and does not wait for its end.',
    }),
    velocityOverride,
    loadTorque,
  }),
  methods: {
    power: {
      description: 'Switches the power stage; without power the axis brakes and lets go.',
      inputs: { on: boolean({ default: true, description: 'Whether it is to be on.' }) },
    },
    home: { description: 'Seeks the home position.', outputs: { homedAt: actual } },
    moveAbsolute: {
      description: 'Moves to a position and settles there.',
      inputs: { position: double({ ...position, description: 'Where to go.' }), ...dynamics },
      outputs: { settledAt: actual },
    },
    moveRelative: {
      description: 'Moves by a distance and settles there.',
      inputs: { distance: double({ ...position, description: 'How far to go.' }), ...dynamics },
      outputs: { settledAt: actual },
    },
    moveVelocity: {
      description: 'Takes on a velocity, keeps it, and ends when it is reached.',
      inputs: {
        ...dynamics,
        velocity: double({ unit: '°/s', min: -36_000, max: 36_000, description: 'Its sign is the direction.' }),
      },
      outputs: { reachedAt: actual },
    },
    halt: { description: 'Brakes to a standstill; a move may take over.', outputs: { stoppedAt: actual } },
    stop: { description: 'Brakes to a standstill, whatever else is asked.', outputs: { stoppedAt: actual } },
    reset: { description: 'Takes a fault back, once the axis stands still.' },
  },

  async connect({ config, signal }) {
    signal.throwIfAborted()
    const axis = new Axis({ ...config, lag: config.lag / 1000 })
    const noise = noiseOf(config.seed, config.noise / 100)
    const begun = performance.now()
    const closed = new Subject<void>()
    /** What is asked is asked of the axis as it is now, not as it was at the last tick. */
    const now = () => {
      axis.advance((performance.now() - begun) / 1000)
      return axis
    }
    const ticks$ = interval(config.every).pipe(map(now), takeUntil(closed), share())
    const finish = (command: Command, signal: AbortSignal) => finished(command, { axis: now, ticks$, signal })

    return {
      readings: ticks$.pipe(
        startWith(axis),
        map(({ view }) => ({
          position: view.position,
          velocity: view.velocity,
          torque: view.isPowered
            ? inertia * view.commanded.acceleration + friction * view.velocity + view.load + noise()
            : 0,
          targetPosition: view.targetPosition,
          followingError: view.followingError,
          state: view.state,
          powered: view.isPowered,
          homed: view.isHomed,
          faultCode: view.faultCode,
          velocityOverride: 100 * view.override,
          loadTorque: view.load,
        })),
      ),
      async write({ targetPosition, velocityOverride, loadTorque }) {
        if (velocityOverride !== undefined) now().setOverride(velocityOverride / 100)
        if (loadTorque !== undefined) now().setLoad(loadTorque)
        if (targetPosition !== undefined) now().moveAbsolute(targetPosition, { velocity: 90, acceleration: 720 })
      },
      methods: {
        power: async ({ on }) => now().power(on),
        home: async (_, { signal }) => ({ homedAt: await finish(now().home(), signal) }),
        moveAbsolute: async ({ position, ...dynamics }, { signal }) => ({
          settledAt: await finish(now().moveAbsolute(position, dynamics), signal),
        }),
        moveRelative: async ({ distance, ...dynamics }, { signal }) => ({
          settledAt: await finish(now().moveRelative(distance, dynamics), signal),
        }),
        moveVelocity: async (dynamics, { signal }) => ({
          reachedAt: await finish(now().moveVelocity(dynamics), signal),
        }),
        halt: async (_, { signal }) => ({ stoppedAt: await finish(now().halt(), signal) }),
        stop: async (_, { signal }) => ({ stoppedAt: await finish(now().stop(), signal) }),
        reset: (_, { signal }) => finish(now().reset(), signal),
      },
      close: () => closed.next(),
    }
  },
})

/** Waits for the outcome of a command; gives the axis' position, or throws the fact that it did not reach its goal. */
async function finished(
  command: Command,
  { axis, ticks$, signal }: { axis: () => Axis; ticks$: Observable<Axis>; signal: AbortSignal },
): Promise<number> {
  const giveUp = () => axis().cancel(command)
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    await lastValueFrom(ticks$.pipe(takeWhile(() => command.outcome === 'active')), { defaultValue: undefined })
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  if (command.outcome === 'done') return command.position
  if (command.outcome === 'active') throw new NotConnected('the simulated servo was closed')
  throw unfinished(command)
}
