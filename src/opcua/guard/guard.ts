import type { AddressSpace, OPCUAServer } from 'node-opcua'
import { type Clock, systemClock } from '../../model/clock.ts'
import { defaultLimits, type Limits } from '../../model/limits.ts'
import { Admission } from './admission.ts'
import { answerHooks } from './answers.ts'
import { BrowseBudget } from './browse.ts'
import { callHook } from './calls.ts'
import { channelHooks } from './channels.ts'
import { Connections } from './connections.ts'
import { errorMessageHooks } from './error-messages.ts'
import { Findings, type GuardCounters, type GuardFinding, type Report } from './findings.ts'
import { type Hook, installHooks, SharedHooks } from './hooks.ts'
import { itemHooks } from './items.ts'
import { useLimits } from './limits.ts'
import { nodeHooks, variableHooks } from './nodes.ts'
import { orphanHook } from './orphans.ts'
import { RateLimits } from './rates.ts'
import { requestJudge } from './requests.ts'
import { refreshHook, serviceHooks } from './services.ts'
import { sweepConnections } from './sweep.ts'

const SWEEP_INTERVAL_MS = 1_000

/** The guard of one server. */
export interface Guard {
  /** How often each kind of finding has happened. */
  readonly counters: GuardCounters
  /** Counts what somebody else has refused. */
  readonly report: Report
  /** Refuses new connections and whatever makes new state for a client (BadResourceUnavailable), until it is told otherwise. */
  refuse(isRefusing: boolean): void
  /** Takes the guard away; calling it again does nothing. */
  uninstall(): void
}

/** What a guard may be given. */
export interface GuardOptions {
  /** Told of everything that was contained, refused or closed; called inside services, so it must be quick. */
  readonly onFinding?: (finding: GuardFinding) => void
  readonly clock?: Clock
  /** What clients may ask; those of the table when it is absent. */
  readonly limits?: Limits | undefined
}

const reports = new Set<Report>()
const connections = new Connections()
let sharedClock: Clock = systemClock

/** What happens in prototypes of the stack cannot be told apart by server: every guard of the process counts it. */
const reportToAll: Report = (kind, where, detail) => {
  for (const report of reports) report(kind, where, detail)
}

const shared = new SharedHooks()

/**
 * Puts the guard in front of a server that is initialized and not yet started.
 *
 * The guard lies below everything else: it contains every service, judges requests, bounds what they may cost, and closes
 * connections that misbehave. Throws when the stack is not the version whose internals it hooks.
 */
export function installGuard(server: OPCUAServer, options: GuardOptions = {}): Guard {
  const { addressSpace } = server.engine ?? {}
  if (!addressSpace) throw new Error('the guard needs an address space; call it after server.initialize()')
  const clock = options.clock ?? systemClock
  const findings = new Findings(options.onFinding)
  sharedClock = clock
  const limits = options.limits ?? defaultLimits
  const release = holdAll(() => processHooks(addressSpace), limits)
  const admission = new Admission(server, limits, findings.report)
  const remove = installOrRelease(
    () => installHooks(serverHooks(server, { clock, limits, report: findings.report, admission })),
    release,
  )
  reports.add(findings.report)
  admission.look()
  const stopSweeping = sweepEvery(clock, findings.report, admission)
  return {
    report: findings.report,
    get counters() {
      return findings.counters
    },
    refuse: (isRefusing) => admission.refuse(isRefusing),
    uninstall() {
      admission.stop()
      stopSweeping()
      remove()
      release()
      reports.delete(findings.report)
    },
  }
}

/** Puts the limits and the hooks of the whole process in place; the returned function lets go of both. */
function holdAll(hooks: () => readonly Hook[], limits: Limits): () => void {
  const stopUsing = useLimits(limits)
  const release = installOrRelease(() => shared.hold(hooks), stopUsing)
  return () => {
    release()
    stopUsing()
  }
}

function processHooks(addressSpace: AddressSpace): Hook[] {
  return [
    ...answerHooks(reportToAll),
    ...itemHooks(reportToAll),
    ...variableHooks(addressSpace, reportToAll),
    ...channelHooks(connections, () => sharedClock.monotonic(), reportToAll),
    ...errorMessageHooks(connections),
  ]
}

function serverHooks(
  server: OPCUAServer,
  { clock, limits, report, admission }: { clock: Clock; limits: Limits; report: Report; admission: Admission },
): Hook[] {
  const { engine } = server
  const addressSpace = engine.addressSpace
  const accessor = Reflect.get(engine, 'addressSpaceAccessor') as object
  if (!addressSpace) throw new Error('the server has no address space')
  const budget = new BrowseBudget(limits, report)
  const rates = new RateLimits(() => clock.monotonic())
  return [
    ...nodeHooks(accessor, addressSpace, report),
    callHook(accessor, { limits, rates, report }),
    budget.hook(engine),
    refreshHook(engine, report),
    orphanHook(engine),
    ...admission.hooks(),
    ...serviceHooks(server, requestJudge({ server, limits, budget, rates, report, admission }), report),
  ]
}

/** Closes what has been held for too long, every second until stopped. */
function sweepEvery(clock: Clock, report: Report, admission: Admission): () => void {
  const sweep = (): void => {
    admission.look()
    sweepConnections(connections, clock.monotonic(), report)
    cancel = clock.after(SWEEP_INTERVAL_MS, sweep)
  }
  let cancel = clock.after(SWEEP_INTERVAL_MS, sweep)
  return () => cancel()
}

function installOrRelease<Result>(install: () => Result, release: () => void): Result {
  try {
    return install()
  } catch (error) {
    release()
    throw error
  }
}
