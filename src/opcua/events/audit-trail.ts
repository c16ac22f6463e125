import type { ISessionContext, UAMethod, Variant } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { isGood } from '../../model/status.ts'
import type { AskedCall, CallAnswer, MadeHistoryUpdate, MadeWrite, Tried, Witnesses } from '../call-witness.ts'
import { boundedText, type Plain, plainOf } from './plain-value.ts'
import { isSecret } from './secret-arguments.ts'

/** Something that a client has done, or has tried to do. */
export interface AuditRecord {
  /** In milliseconds since 1970 UTC. */
  readonly time: number
  /** Who, as logged in; `anonymous` without a login. */
  readonly user: string
  /** NodeId of the session; empty when there is none. */
  readonly session: string
  readonly action:
    | 'write'
    | 'call'
    | 'deploy'
    | 'rollback'
    | 'remove'
    | 'historyUpdate'
    | 'login'
    | 'logout'
    | 'user'
    | 'role'
    | 'refuse'
  /**
   * Identifier of the node that was written or called; the pipeline that was deployed; the client that logged in; the user or role
   * that was changed; the thumbprint of the certificate that was refused.
   */
  readonly target: string
  /** The status code with which it ended. */
  readonly status: number
  /** Old and new value, or arguments by name, each cut where it is long; never a password. */
  readonly details: Readonly<Record<string, Plain>>
}

/** Takes what is to be kept of what clients do; it must be quick, and must not throw. */
export type AuditSink = (record: AuditRecord) => void

/** Tells a sink of each write and each call of a client, also of those that are refused. */
export function recordClients(witnesses: Witnesses, sink: AuditSink): void {
  witnesses.ofCalls((asked) => {
    const time = systemClock.now()
    return (answer) => sink({ ...whoOf(asked.session), ...callOf(asked, answer), time, status: answer.status })
  })
  witnesses.ofWrites((made) => sink({ ...whoOf(made.session), ...writeOf(made), time: systemClock.now() }))
  witnesses.ofHistoryUpdates((made) => sink({ ...whoOf(made.session), ...updateOf(made), time: systemClock.now() }))
  witnesses.ofAttempts((tried) => sink({ ...whoOf(tried.session), ...attemptOf(tried), time: systemClock.now() }))
}

/** Who does something, and in which session. */
export function whoOf(context: ISessionContext): Pick<AuditRecord, 'user' | 'session'> {
  const session = context.session?.getSessionId()?.toString() ?? ''
  return { user: boundedText(context.getUserName?.() ?? '', 200) || 'anonymous', session }
}

function writeOf({ variable, oldValue, written, status }: MadeWrite) {
  const details = { oldValue: plainOf(oldValue.value), newValue: plainOf(written.value?.value) }
  return { action: 'write', target: String(variable.nodeId.value), status, details } as const
}

function updateOf({ node, details, before, status }: MadeHistoryUpdate) {
  const told = {
    kind: details.schema.name,
    asked: plainOf(details),
    oldValues: plainOf(before.map(({ sourceTimestamp, value }) => [sourceTimestamp, value.value])),
  }
  return { action: 'historyUpdate', target: String(node.nodeId.value), status, details: told } as const
}

function attemptOf(tried: Tried) {
  const { nodeId, status, heldBack } = tried
  const more: Readonly<Record<string, Plain>> = heldBack > 0 ? { moreBefore: heldBack } : {}
  if (tried.kind === 'write') {
    const details = { newValue: plainOf(tried.written.value?.value), ...more }
    return { action: 'write', target: boundedText(nodeId.toString(), 200), status, details } as const
  }
  const { methodId } = tried
  const details = { object: boundedText(nodeId.toString(), 200), ...toldOf(tried), ...more }
  return { action: 'call', target: boundedText(methodId.toString(), 200), status, details } as const
}

/** The arguments of a call by their names, and none of a method that is not known. */
function toldOf({ method, inputs }: Tried & { readonly kind: 'call' }): Readonly<Record<string, Plain>> {
  const declared = (method as UAMethod | null)?.getInputArguments?.()
  return declared ? argumentsOf(declared, inputs.slice(0, declared.length)) : {}
}

const actions: Readonly<Record<string, AuditRecord['action']>> = {
  'runtime.Deploy': 'deploy',
  'runtime.Rollback': 'rollback',
  'runtime.Remove': 'remove',
}

function callOf({ method, inputs }: AskedCall, { status, outputs }: CallAnswer) {
  const target = String(method.nodeId.value)
  const action = actions[target] ?? 'call'
  const given = argumentsOf(method.getInputArguments(), inputs)
  const taken = isGood(status) ? argumentsOf(method.getOutputArguments(), outputs) : {}
  return { action, target: pipelineOf(action, inputs) || target, details: { ...given, ...taken } }
}

/** The pipeline that is changed; the text of a definition names it. */
function pipelineOf(action: AuditRecord['action'], [first]: readonly Variant[]): string {
  const text = typeof first?.value === 'string' ? first.value : ''
  if (action === 'deploy') return /^pipeline:[ \t]*['"]?([\w-]{1,32})/m.exec(text)?.[1] ?? ''
  return action === 'call' ? '' : boundedText(text, 64)
}

/** Arguments by their names, as they may be kept. */
export function argumentsOf(
  declared: readonly { readonly name?: string | null }[] | undefined,
  values: readonly Variant[],
): Readonly<Record<string, Plain>> {
  const entries = values.map((variant, index): [string, Plain] => {
    const name = declared?.[index]?.name ?? `argument${index + 1}`
    return [name, isSecret(name) ? '…' : plainOf(variant?.value)]
  })
  return Object.fromEntries(entries)
}
