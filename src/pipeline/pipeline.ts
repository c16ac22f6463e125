import type { Observable } from 'rxjs'
import type { PlantEvent } from '../model/event.ts'
import { type ProgramCause, type ProgramState, type ProgramTransitionName, transitionFor } from '../model/program.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'
import type { CheckedPipeline } from './checked.ts'
import { Chronicle } from './chronicle.ts'
import { externalTagsOf, pluginsOf } from './description.ts'
import { ExternalSamples } from './external-samples.ts'
import { Parameters } from './parameters.ts'
import type { Asked, PipelineHost, Starting } from './pipeline-host.ts'
import { ProgramMachine } from './program-machine.ts'
import { beginningOf, type RememberedPipeline } from './remembered.ts'
import { type ExecutionFactory, Run, type RunHost, type RunResult } from './run.ts'
import { engineOf } from './wave.ts'

export type { Asked, PipelineHost } from './pipeline-host.ts'
/**
 * A pipeline as a Program (OPC UA Part 10 §4.2).
 *
 * Whatever is asked is decided by the table first, then the transition is made and told, and only then anything happens.
 * Stop alone ends the run first and tells Ready when it has ended. A run that is halted cleans up in Halted; one that is
 * started meanwhile begins when that is done, so that there is never more than one.
 */
export class Pipeline {
  readonly checked: CheckedPipeline
  readonly #host: PipelineHost
  readonly #createExecution: ExecutionFactory
  readonly #program: ProgramMachine
  readonly #chronicle: Chronicle
  readonly #externals: ExternalSamples
  readonly #parameters: Parameters
  /** The newest run. */
  #run: Run | undefined
  /** The run that began last; the newest waits until it has ended. */
  #begun: Run | undefined
  #stopInitiator = 'auto'
  #isClosed = false

  /**
   * It does nothing before {@link start}. It is Ready, or goes on from where `before` has ended; with what is `remembered` of
   * it from before the program ended, it has its parameters again, and is Halted where its policy says so.
   */
  constructor(
    checked: CheckedPipeline,
    host: PipelineHost,
    {
      before,
      remembered,
    }: { readonly before?: Pipeline | undefined; readonly remembered?: RememberedPipeline | undefined } = {},
  ) {
    const { id, parameters } = checked.definition
    const isHalted = beginningOf(checked.definition, remembered?.state).state === 'Halted'
    this.checked = checked
    this.#host = host
    this.#createExecution = host.createExecution ?? engineOf(checked)
    this.#program = new ProgramMachine(
      id,
      before ?? { state: isHalted ? 'Halted' : 'Ready', lastTransition: undefined },
    )
    this.#chronicle = new Chronicle(checked, {
      clock: host.clock,
      program: this.#program,
      before: before === undefined ? undefined : before.#chronicle,
      remembered: before === undefined ? remembered : undefined,
    })
    this.#externals = new ExternalSamples(externalTagsOf(checked))
    this.#parameters = new Parameters(
      parameters,
      host.clock.now(),
      before === undefined ? remembered?.parameters : before.#parameters.samples,
    )
    for (const [name, sample] of this.#parameters.samples) this.#chronicle.parameterSet(name, sample)
  }

  /** Its id. */
  get id(): string {
    return this.checked.definition.id
  }

  /** Its state. */
  get state(): ProgramState {
    return this.#program.state
  }

  /** Its states, the present one first. */
  get state$(): Observable<ProgramState> {
    return this.#program.state$
  }

  /** The newest transition and when it was made, in milliseconds since 1970 UTC. */
  get lastTransition(): { readonly name: ProgramTransitionName; readonly time: number } | undefined {
    return this.#program.lastTransition
  }

  /** What happened, each thing once. */
  get events$(): Observable<PlantEvent> {
    return this.#chronicle.events$
  }

  /** Batches of samples: steps' ports, outputs, parameters, and diagnostics under tags with a `#`. */
  get samples$(): Observable<readonly TagSample[]> {
    return this.#chronicle.published.samples$
  }

  /** Tags of devices and other pipelines that it reads. */
  get externalTags(): ReadonlySet<string> {
    return this.#externals.tags
  }

  /** The outputs at the end of the last run (FinalResultData of Part 10 §5.2.1). */
  get finalResult(): readonly TagSample[] {
    return this.#chronicle.finalResult
  }

  /** Tags of its steps' outputs and its own, whose newest samples are worth keeping over a restart. */
  get lastingTags(): readonly string[] {
    return this.#chronicle.published.lasting
  }

  /** The newest sample of one of its tags. */
  latest(tag: string): Sample | undefined {
    return this.#chronicle.published.latest(tag) ?? this.#chronicle.result(tag)
  }

  /** The same, but nothing from before the program was started. */
  fresh(tag: string): Sample | undefined {
    return this.#chronicle.published.fresh(tag)
  }

  /** Ready to Running: starts a run with the current parameters; with `isSuspended` it does nothing before {@link resume}. */
  start({ initiator, runId, isSuspended }: Starting): { readonly runId: string } {
    const transition = this.#program.decide('start')
    const { clock, versionInUse } = this.#host
    const about = { pipeline: this.id, version: versionInUse?.(this.id) ?? 0, initiator, startedAt: clock.now() }
    const run = new Run({ runId: runId ?? this.#host.runId(), ...about }, this.checked, this.#runHost())
    this.#run = run
    this.#chronicle.started(run, transition)
    if (isSuspended && this.state === 'Running') this.suspend({ initiator })
    this.#begin()
    return { runId: run.id }
  }

  /** To Ready: the wave, or the method that is called, ends first, then the `finally` steps. Returns when it is accepted. */
  stop({ initiator }: Asked): void {
    this.#program.decide('stop')
    this.#program.beginStopping()
    this.#stopInitiator = initiator
    this.#run?.stop()
  }

  /** Running to Suspended: no wave and no step starts until {@link resume}. */
  suspend({ initiator }: Asked): void {
    const transition = this.#program.decide('suspend')
    this.#run?.pause()
    this.#chronicle.published.hold()
    this.#chronicle.transitioned(transition, initiator)
  }

  /** Suspended to Running. */
  resume({ initiator }: Asked): void {
    const transition = this.#program.decide('resume')
    const run = this.#run
    this.#chronicle.published.release(run)
    this.#chronicle.transitioned(transition, initiator)
    // Whoever heard of it may have asked for the next thing already.
    if (this.state === 'Running') run?.resume()
  }

  /** To Halted: what runs is cancelled at once, the `finally` steps run. */
  halt({ initiator }: Asked): void {
    this.#halt(initiator, (run) => run.cancel())
  }

  /** Halted to Ready; the last error is forgotten, and plugins that were given up get another chance. */
  reset({ initiator }: Asked): void {
    const transition = this.#program.decide('reset')
    this.#host.isolation?.forgive(pluginsOf(this.checked))
    this.#chronicle.forgotError()
    this.#chronicle.transitioned(transition, initiator)
  }

  /** Sets a parameter for the next wave. Returns a status code: it is a value that a client wrote, not a command. */
  setParameter(name: string, value: Value, initiator: string): number {
    const time = this.#host.clock.now()
    const change = this.#parameters.set(name, value, { time, isActive: this.#program.isActive })
    if (!change.sample) return change.status
    const { sample, oldValue, status } = change
    this.#chronicle.parameterSet(name, sample, { initiator, oldValue })
    this.#run?.setParameter(name, sample)
    return status
  }

  /** Tells that a step kept everything waiting. */
  blocked(step: string, durationMs: number): void {
    this.#chronicle.blocked(step, durationMs)
  }

  /** Takes in samples of devices and other pipelines; those that it does not read are ignored. */
  feed(samples: readonly TagSample[]): void {
    const { read, hasChanged } = this.#externals.take(samples)
    if (read.length > 0) this.#run?.feed(read, hasChanged)
  }

  /**
   * Halts it for good: what runs gets `graceMs` to end, then the `finally` steps run, for at most `finallyMs`. Afterwards no
   * timer and no subscription is left.
   */
  async close({ graceMs = 1000, finallyMs = 10_000 } = {}): Promise<void> {
    if (this.#program.isActive) this.#halt('shutdown', (run) => run.stop(graceMs))
    this.#program.refuse()
    const run = this.#begun
    if (run && !run.hasEnded) {
      run.stop(graceMs)
      const cancel = this.#host.clock.after(graceMs + finallyMs, () => run.abandon())
      await run.ended
      cancel()
    }
    if (this.#isClosed) return
    this.#isClosed = true
    this.#program.close()
    this.#chronicle.close()
  }

  /**
   * Ends it for good, as {@link stop} does when it runs; after `graceMs` what is still under way is cancelled. Resolves to
   * whether a run was ended that nobody else had ended meanwhile.
   */
  async end({
    initiator,
    graceMs,
    finallyMs,
  }: Asked & { readonly graceMs: number; readonly finallyMs: number }): Promise<boolean> {
    const wasActive = this.#program.isActive
    const isWanted = wasActive && !this.#program.isStopping
    const run = this.#run
    if (wasActive && run) {
      if (isWanted) this.stop({ initiator })
      let isLate = false
      let cancel = this.#host.clock.after(graceMs, () => {
        isLate = this.#program.isActive
        if (isLate) this.#halt(initiator, (each) => each.cancel())
        cancel = this.#host.clock.after(finallyMs, () => run.abandon())
      })
      await run.ended
      cancel()
      if (isLate && this.state === 'Halted') this.reset({ initiator })
    }
    await this.close({ graceMs: 0, finallyMs })
    return isWanted && this.state === 'Ready'
  }

  /** Begins the newest run, unless one before it is still cleaning up. */
  #begin(): void {
    const run = this.#run
    if (!run || (this.#begun && !this.#begun.hasEnded)) return
    this.#begun = run
    run.begin({ externals: this.#externals.all(), parameters: this.#parameters.samples })
  }

  #halt(initiator: string, end: (run: Run) => void): void {
    const transition = this.#program.decide('halt')
    const run = this.#run
    if (!this.#program.isActive) {
      this.#chronicle.transitioned(transition, initiator)
      return
    }
    this.#chronicle.closed(transition, { initiator, outcome: 'Halted' })
    if (run) end(run)
  }

  #runHost(): RunHost {
    const { clock, isolation, watch } = this.#host
    return {
      ...{ clock, isolation, watch, createExecution: this.#createExecution },
      ...this.#chronicle.listener,
      call: (request) => this.#host.call(request, this.id),
      write: (samples) => this.#host.write?.(samples, this.id),
      onFailed: (failure, run) => this.#onResult(failure, run),
      onEnded: (result, run) => {
        this.#onResult(result, run)
        this.#chronicle.ended()
        this.#begin()
      },
    }
  }

  /** What came of a run makes a transition, unless it has made one already: a halted run has, and so has a failed one. */
  #onResult(result: RunResult, run: Run): void {
    if (run !== this.#run) return
    const cause = ({ completed: 'complete', cancelled: 'stop', failed: 'fail' } as const)[
      result.kind
    ] satisfies ProgramCause
    const transition = transitionFor(this.state, cause)
    if (!transition) return
    const initiator = cause === 'stop' ? this.#stopInitiator : 'auto'
    const outcome = ({ complete: 'Completed', stop: 'Stopped', fail: 'Failed' } as const)[cause]
    this.#chronicle.closed(transition, { initiator, outcome, failure: result.kind === 'failed' ? result : undefined })
  }
}
