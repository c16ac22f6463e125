import type {
  CallMethodRequest,
  CallMethodResultOptions,
  ISessionContext,
  OPCUAServer,
  StatusCode,
  WriteValue,
} from 'node-opcua'
import { hearing, type Witnesses } from '../call-witness.ts'

/** The methods of the stack's accessor through which all writes and calls go. */
interface Accessor {
  writeNode(context: ISessionContext, item: WriteValue): Promise<StatusCode>
  callMethod(context: ISessionContext, item: CallMethodRequest): Promise<CallMethodResultOptions>
}

/** Attempts a second that are told one by one, and how many at once; a flood of them must not fill the disk. */
const perSecond = 20
const burst = 200

/**
 * Tells the witnesses of writes and calls of which they do not hear otherwise: those that the stack or the guard refuses
 * before they reach anything of the plant, and the methods that the stack answers itself, such as ConditionRefresh.
 *
 * It has to be installed after the guard, whose refusals count as well. What a session tries too often is told together.
 */
export function witnessAttempts(server: OPCUAServer, witnesses: Witnesses, now: () => number): void {
  const accessor = Reflect.get(server.engine, 'addressSpaceAccessor') as unknown as Accessor
  const { writeNode, callMethod } = accessor
  const ration = new Ration(now)
  const find = (nodeId: WriteValue['nodeId']) => server.engine.addressSpace?.findNode(nodeId) ?? null
  Object.assign(accessor, {
    async writeNode(context: ISessionContext, item: WriteValue): Promise<StatusCode> {
      const { result, isHeard } = await hearing(() => writeNode.call(accessor, context, item))
      const heldBack = isHeard ? undefined : ration.admit(context.session ?? context)
      if (heldBack === undefined) return result
      const { nodeId, attributeId, value: written } = item
      const indexRange = item.indexRange?.toEncodeableString() ?? ''
      const tried = { nodeId, node: find(nodeId), session: context, status: result.value, heldBack }
      witnesses.tried({ ...tried, kind: 'write', attributeId, indexRange, written })
      return result
    },
    async callMethod(context: ISessionContext, item: CallMethodRequest): Promise<CallMethodResultOptions> {
      const { result, isHeard } = await hearing(() => callMethod.call(accessor, context, item))
      const heldBack = isHeard ? undefined : ration.admit(context.session ?? context)
      if (heldBack === undefined) return result
      const { objectId, methodId } = item
      const tried = { nodeId: objectId, node: find(objectId), session: context, status: result.statusCode?.value ?? 0 }
      const inputs = item.inputArguments ?? []
      witnesses.tried({ ...tried, heldBack, kind: 'call', methodId, method: find(methodId), inputs })
      return result
    },
  })
}

/** Lets so many attempts of each session through, and counts the others. */
class Ration {
  readonly #now: () => number
  readonly #bySession = new WeakMap<object, { left: number; sinceMs: number; heldBack: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** How many were held back since the last one that was let through; undefined when this one is held back as well. */
  admit(session: object): number | undefined {
    const nowMs = this.#now()
    const state = this.#bySession.get(session) ?? { left: burst, sinceMs: nowMs, heldBack: 0 }
    this.#bySession.set(session, state)
    state.left = Math.min(burst, state.left + ((nowMs - state.sinceMs) / 1000) * perSecond)
    state.sinceMs = nowMs
    if (state.left < 1) {
      state.heldBack += 1
      return undefined
    }
    state.left -= 1
    const { heldBack } = state
    state.heldBack = 0
    return heldBack
  }
}
