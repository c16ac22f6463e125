import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallMethodResultOptions, ISessionContext, OPCUAServer, StatusCode } from 'node-opcua'
import { isGood, Status } from '../model/status.ts'
import { statusCodeOf } from './status-codes.ts'

/** One write or call of a request that is under way. */
interface Asked {
  isLasting: boolean
}

const asked = new AsyncLocalStorage<Asked>()

/** Marks the write or call that is under way as one whose effect has to survive a crash when its answer is Good. */
export function mustLast(): void {
  const current = asked.getStore()
  if (current) current.isLasting = true
}

type Items = readonly object[]

/** The methods of the stack's accessor through which all writes and calls go: a request, and each of its items. */
interface Accessor {
  write(context: ISessionContext, items: Items): Promise<StatusCode[]>
  writeNode(context: ISessionContext, item: object): Promise<StatusCode>
  call(context: ISessionContext, items: Items): Promise<CallMethodResultOptions[]>
  callMethod(context: ISessionContext, item: object): Promise<CallMethodResultOptions>
}

/**
 * Lets requests be answered when what they have changed is kept, once for all of their writes or calls. `kept` resolves to
 * whether everything that was done so far survives a crash; what may not is answered with GoodCompletesAsynchronously.
 */
export function installLasting(server: OPCUAServer, kept: () => Promise<boolean>): void {
  const accessor = Reflect.get(server.engine, 'addressSpaceAccessor') as unknown as Accessor
  const lasting = new WeakSet<object>()
  const marking =
    <Result>(original: (context: ISessionContext, item: object) => Promise<Result>) =>
    async (context: ISessionContext, item: object): Promise<Result> => {
      const current: Asked = { isLasting: false }
      const result = await asked.run(current, () => original.call(accessor, context, item))
      if (current.isLasting) lasting.add(item)
      return result
    }
  const waiting =
    <Result>(
      original: (context: ISessionContext, items: Items) => Promise<Result[]>,
      isDone: (result: Result) => boolean,
      later: (result: Result) => Result,
    ) =>
    async (context: ISessionContext, items: Items): Promise<Result[]> => {
      const results = await original.call(accessor, context, items)
      const isDoubtful = (result: Result, index: number) => lasting.has(items[index] ?? {}) && isDone(result)
      if (!results.some(isDoubtful) || (await kept())) return results
      return results.map((result, index) => (isDoubtful(result, index) ? later(result) : result))
    }
  Object.assign(accessor, {
    writeNode: marking(accessor.writeNode),
    callMethod: marking(accessor.callMethod),
    write: waiting(
      accessor.write,
      (status) => isGood(status.value),
      () => pending,
    ),
    call: waiting(
      accessor.call,
      ({ statusCode }) => isGood(statusCode?.value ?? 0),
      (result) => ({ ...result, statusCode: pending }),
    ),
  })
}

/** It is done, and will be kept when the disk takes it. */
const pending = statusCodeOf(Status.GoodCompletesAsynchronously)
