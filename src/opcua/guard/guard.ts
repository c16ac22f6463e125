import type { AddressSpace, CallMethodRequest, OPCUAServer } from 'node-opcua'
import { type Clock, systemClock } from '../../model/clock.ts'
import { Admission } from './admission.ts'
import { answerHooks } from './answers.ts'
import { BrowseBudget } from './browse.ts'
import { Connections, channelHooks } from './channels.ts'
import { Findings, type GuardCounters, type GuardFinding, type Report } from './findings.ts'
import { type Hook, installHooks, SharedHooks } from './hooks.ts'
import { itemHooks } from './items.ts'
import { applyEncodingLimits } from './limits.ts'
import { nodeHooks, variableHooks } from './nodes.ts'
import { RateLimits } from './rates.ts'
import { callJudge, requestJudge } from './requests.ts'
import { refreshHook, serviceHooks } from './services.ts'
import { sweepConnections } from './sweep.ts'

const SWEEP_INTERVAL_MS = 1_000

/** The guard of one server. */
export interface Guard {
  /** How often each kind of finding has happened. */
  readonly counters: GuardCounters
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
  applyEncodingLimits()
  const release = shared.hold(() => processHooks(addressSpace))
  const admission = new Admission(server, findings.report)
  const remove = installOrRelease(() => installHooks(serverHooks(server, clock, findings.report, admission)), release)
  reports.add(findings.report)
  const stopSweeping = sweepEvery(clock, findings.report, admission)
  return {
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

function processHooks(addressSpace: AddressSpace): Hook[] {
  return [
    ...answerHooks(reportToAll),
    ...itemHooks(reportToAll),
    ...variableHooks(addressSpace, reportToAll),
    ...channelHooks(connections, () => sharedClock.monotonic(), reportToAll),
  ]
}

function serverHooks(server: OPCUAServer, clock: Clock, report: Report, admission: Admission): Hook[] {
  const { engine } = server
  const addressSpace = engine.addressSpace
  const accessor = Reflect.get(engine, 'addressSpaceAccessor') as object
  if (!addressSpace) throw new Error('the server has no address space')
  const budget = new BrowseBudget(report)
  const rates = new RateLimits(() => clock.monotonic())
  const judgeCall = callJudge(rates, report)
  return [
    ...nodeHooks(accessor, addressSpace, report),
    rationCalls(accessor, judgeCall),
    budget.hook(engine),
    refreshHook(engine, report),
    ...admission.hooks(),
    ...serviceHooks(server, requestJudge({ server, budget, rates, report, admission }), report),
  ]
}

function rationCalls(accessor: object, judge: ReturnType<typeof callJudge>): Hook {
  return {
    target: accessor,
    method: 'callMethod',
    wrap: (original) =>
      async function (this: object, context: { session?: object }, call: CallMethodRequest) {
        const statusCode = judge(context.session, call)
        return statusCode.isGood() ? await original.call(this, context, call) : { statusCode }
      },
  }
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
