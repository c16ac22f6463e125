import type { Observable, SchedulerLike } from 'rxjs'
import type { Sample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'
import type { Fields, Values } from './field.ts'
import type { Readings } from './reading.ts'

/** Ports that do not change, or that follow from the configuration. */
export type Ports<C extends Fields, P extends Fields> = P | PortsOfConfig<C, P>['ports']

/** A method, because TypeScript compares the parameters of methods both ways: so `Plugin[]` takes plugins of concrete types. */
interface PortsOfConfig<C extends Fields, P extends Fields> {
  ports(config: Values<C>): P
}

/** Where a plugin may write a line; the runtime adds the device and the time. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
}

/** What a device plugin gets to make its connection. */
export interface DeviceContext<C extends Fields> {
  readonly config: Values<C>
  readonly log: Logger
  /** Aborted when the connection is no longer wanted, also while it is being made. */
  readonly signal: AbortSignal
  /** The plant's folder for certificates and keys; a protocol that needs some makes a folder of its own in it. */
  readonly certificatesFolder?: string
  /** What a connection leaves for the next one of the same device, such as a session to resume. It lasts as long as the device. */
  readonly memory?: Map<string, unknown>
  /** Folder of the plant file, to which names of files in `config` are relative; the runtime always tells it. */
  readonly folder?: string
  /** The plant's time in milliseconds since 1970 UTC, for devices that are simulated; the runtime always gives it. */
  readonly now?: () => number
}

/** What the check of a configuration gets besides it. */
export interface CheckContext {
  /** Folder of the plant file, to which names of files are relative; absent when there is no plant, as for an example. */
  readonly folder?: string | undefined
}

/** What a device method gets besides its inputs. */
export interface MethodContext {
  /** Aborted when the caller gives up, the deadline passes, or the plant stops. */
  readonly signal: AbortSignal
  /** Tells how far it is, from 0 to 1. */
  progress(share: number): void
}

/** Outputs that are polled together with a period of their own, because the device's `every` is too fast or too slow for them. */
export interface ReadingGroup<O extends Fields = Fields> {
  /** Period in milliseconds; 1 at least. */
  readonly everyMs: number
  /** Names of the outputs that it reads. An output is in one group at most. */
  readonly outputs: readonly (keyof O & string)[]
  read(): Promise<Partial<Readings<O>>>
}

/** A connection that is polled. */
export interface PolledConnection<O extends Fields> {
  /** Reads the outputs that are in no group; it is not polled when there are none. */
  read(): Promise<Partial<Readings<O>>>
  /** What is polled besides `read`, each group with a period of its own; 100 groups at most. */
  readonly groups?: readonly ReadingGroup<O>[]
}

/** A live connection. The runtime polls it, or listens to it, and closes it; a connection that is lost throws from `read` or errors in `readings`. */
export type Connection<O extends Fields, I extends Fields, M extends Methods> = {
  /** Writes setpoints; resolves when the device has taken them. Throw {@link Rejected} when it refuses. */
  write?(setpoints: Partial<Values<I>>): Promise<unknown>
  /** Closes it; may be called twice. */
  close(): unknown
  /**
   * Whether it may be asked while it still answers: it then puts reads and writes in order itself. Otherwise the runtime
   * waits for each answer before it asks again.
   */
  readonly isConcurrent?: boolean
} & (PolledConnection<O> | { readonly readings: Observable<Partial<Readings<O>>> }) &
  (string extends keyof M
    ? { readonly methods?: Readonly<Record<string, MethodRun>> }
    : keyof M extends never
      ? unknown
      : { readonly methods: { readonly [K in keyof M]: MethodRunOf<M[K]> } })

/** Declaration of a device method; what it does is `methods` of the connection. */
export interface Method<I extends Fields = Fields, O extends Fields = Fields> {
  readonly description: string
  readonly inputs?: I
  readonly outputs?: O
  /** Deadline in milliseconds; 60 000 when absent. */
  readonly timeoutMs?: number
}

/** Device methods by name. */
export type Methods = Readonly<Record<string, Method>>

/** A method, as {@link PortsOfConfig} is one. */
interface MethodsOfConfig<C extends Fields> {
  methods(config: Values<C>): Methods
}

/** The code of a device method. */
export type MethodRun = (inputs: never, context: MethodContext) => Promise<unknown>

type MethodRunOf<M extends Method> = (
  inputs: M['inputs'] extends Fields ? Values<M['inputs']> : Record<string, never>,
  context: MethodContext,
) => Promise<M['outputs'] extends Fields ? Values<M['outputs']> : unknown>

interface Declaration<C extends Fields> {
  /** What plant and pipeline files call it. */
  readonly type: string
  /** One sentence for the catalogue. */
  readonly description: string
  readonly config?: C
  /** What is wrong with a configuration beyond the form of its fields: one message each, lower-case, with the remedy. One that names an entry's `name` in quotes is shown at its line. */
  check?(config: Values<C>, context?: CheckContext): readonly string[]
}

/** Devices as they stand in a plant file, for `describe`; `type` and `equipment` are added where they are missing. */
export interface DeviceExample {
  /** What it shows, in one line. */
  readonly title: string
  /** Entries by the id of the device: `config`, and what else may stand there. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What a device plugin is: a way to connect to one kind of device, and its ports. */
export interface DevicePlugin<
  C extends Fields = Fields,
  O extends Fields = Fields,
  I extends Fields = Fields,
  M extends Methods = Methods,
> extends Declaration<C> {
  readonly kind: 'device'
  /** What it measures. */
  readonly outputs: Ports<C, O>
  /** What can be written to it. A name may stand in `outputs` too: that tag is read and written. */
  readonly inputs?: Ports<C, I>
  /** What it does that ends. Methods, too, may follow from the configuration. */
  readonly methods?: M | MethodsOfConfig<C>['methods']
  /** How it stands in plant files, where more than the least is worth showing; each one is checked with the plugin. */
  readonly examples?: readonly DeviceExample[]
  connect(context: DeviceContext<C>): Promise<Connection<O, I, M>>
}

/** Limits of a plugin that runs in a thread of its own. */
export interface IsolationLimits {
  /** Memory in MiB that its thread may use; 64 when absent, 32 at least. */
  readonly memoryMiB?: number
  /** Milliseconds that one turn may take; 500 when absent. The `timeout` of a step takes its place. */
  readonly deadlineMs?: number
}

interface Isolatable {
  /**
   * Runs it in a worker thread, which is ended when a turn takes longer than its deadline or the memory is used up, and started
   * again. For code that may compute for long, or that is not trusted to end. The plugins of one module share a thread.
   */
  readonly isolated?: boolean | IsolationLimits
}

/**
 * What a function does with inputs that are Bad: by default it is not called and its outputs are Bad with the worst input's
 * status and cause. A function with `computeSamples` is always called, sees the samples, and decides the status itself.
 */
export interface FunctionPlugin<C extends Fields = Fields, I extends Fields = Fields, O extends Fields = Fields>
  extends Declaration<C>,
    Isolatable {
  readonly kind: 'function'
  readonly inputs: Ports<C, I>
  readonly outputs: Ports<C, O>
  compute?(inputs: Values<I>, config: Values<C>): Values<O> | Promise<Values<O>>
  computeSamples?(inputs: SamplesOf<I>, config: Values<C>): SamplesOf<O>
}

/** The samples behind fields; an optional input without a wire is absent. */
export type SamplesOf<F extends Fields> = {
  [K in keyof F]: Sample<unknown extends Values<F>[K] ? Value : Extract<Values<F>[K], Value> | null>
}

/** The moment at which a block is computed. */
export interface Moment {
  /** Source time of the newest input, in milliseconds since 1970 UTC. */
  readonly time: number
  /** Seconds since this block was computed last, by the clock of the wave; 0 the first time. Never negative. */
  readonly elapsed: number
  /** Whether this is the first time since the run started. */
  readonly isFirst: boolean
  /** Asks to be computed again after so many seconds even if no input changes; the latest wish counts. */
  wakeIn(seconds: number): void
}

/** A function block (IEC 61131-3): it remembers between samples. The memory is plain data that the runtime keeps. */
export interface BlockPlugin<
  C extends Fields = Fields,
  I extends Fields = Fields,
  O extends Fields = Fields,
  S extends object = object,
> extends Declaration<C>,
    Isolatable {
  readonly kind: 'block'
  readonly inputs: Ports<C, I>
  readonly outputs: Ports<C, O>
  memory(config: Values<C>): S
  /** Changes `memory` in place; called for each wave, with Good or Uncertain inputs only. */
  compute(inputs: Values<I>, config: Values<C>, memory: S, moment: Moment): Values<O>
}

/** Streams behind fields. */
export type StreamsOf<F extends Fields> = { [K in keyof F]: Observable<Values<F>[K]> }

/** What an operator gets besides its inputs. */
export interface OperatorContext {
  /** Time for RxJS operators; the runtime's clock drives it. */
  readonly scheduler: SchedulerLike
}

/** An operator over streams (RxJS). What it emits during its turn belongs to the wave; what it emits later starts a new wave from its step. */
export interface OperatorPlugin<C extends Fields = Fields, I extends Fields = Fields, O extends Fields = Fields>
  extends Declaration<C>,
    Isolatable {
  readonly kind: 'operator'
  readonly inputs: Ports<C, I>
  readonly outputs: Ports<C, O>
  /** Each wave feeds every wired input once, in the order of their declaration. */
  stream(inputs$: StreamsOf<I>, config: Values<C>, context: OperatorContext): StreamsOf<O>
}

/** Any plugin of a step. */
export type StepPlugin = FunctionPlugin | BlockPlugin | OperatorPlugin

/** A running simulator. */
export interface Simulation {
  /** What takes the place of the device's own connection settings, such as host and port. */
  readonly overrides: Readonly<Record<string, unknown>>
  /** Ends it as a pulled plug would: connections break. May be called twice. */
  stop(): Promise<void>
}

/** What a simulator plugin is: something on this machine that answers in a device's real protocol. */
export interface SimulatorPlugin<C extends Fields = Fields> extends Declaration<C> {
  readonly kind: 'simulator'
  start(config: Values<C>): Promise<Simulation>
}

/** Any plugin. A list of it takes plugins of concrete types as they are. */
export type Plugin = DevicePlugin | StepPlugin | SimulatorPlugin

/** The kinds of plugins. */
export type PluginKind = Plugin['kind']

/** Declares a device plugin. */
export function defineDevice<
  C extends Fields = Record<never, never>,
  O extends Fields = Fields,
  I extends Fields = Record<never, never>,
  const M extends Methods = Record<never, never>,
>(spec: Omit<DevicePlugin<C, O, I, M>, 'kind'>): DevicePlugin<C, O, I, M> {
  return { kind: 'device', ...spec }
}

/** Declares a function: outputs follow from the inputs alone. */
export function defineFunction<
  C extends Fields = Record<never, never>,
  I extends Fields = Fields,
  O extends Fields = Fields,
>(spec: Omit<FunctionPlugin<C, I, O>, 'kind'>): FunctionPlugin<C, I, O> {
  return { kind: 'function', ...spec }
}

/** Declares a function block: a function with memory and a sense of time. */
export function defineBlock<
  C extends Fields = Record<never, never>,
  I extends Fields = Fields,
  O extends Fields = Fields,
  S extends object = object,
>(spec: Omit<BlockPlugin<C, I, O, S>, 'kind'>): BlockPlugin<C, I, O, S> {
  return { kind: 'block', ...spec }
}

/** Declares an operator over streams. */
export function defineOperator<
  C extends Fields = Record<never, never>,
  I extends Fields = Fields,
  O extends Fields = Fields,
>(spec: Omit<OperatorPlugin<C, I, O>, 'kind'>): OperatorPlugin<C, I, O> {
  return { kind: 'operator', ...spec }
}

/** Declares a simulator. */
export function defineSimulator<C extends Fields = Record<never, never>>(
  spec: Omit<SimulatorPlugin<C>, 'kind'>,
): SimulatorPlugin<C> {
  return { kind: 'simulator', ...spec }
}
