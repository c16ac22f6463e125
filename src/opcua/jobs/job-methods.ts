import { DataType, type ExtensionObject, type UAMethod, type UAObject, Variant, VariantArrayType } from 'node-opcua'
import { type JobReturnStatus, jobStateOf, jobStatus } from '../../model/job.ts'
import { Status } from '../../model/status.ts'
import { bindMethod, type Call, type CallResult, describeMethod } from '../calling.ts'
import { mustLast } from '../lasting.ts'
import { openCall, restrictCall } from '../roles.ts'
import type { SpaceContext } from '../space-context.ts'
import { commentOf, jobOrderOf } from './job-order.ts'
import { jobRows } from './job-rows.ts'
import { isOfType } from './job-types.ts'
import type { JobsView } from './jobs-view.ts'

/** Where the methods of a piece of equipment go. */
interface Target {
  readonly jobs: JobsView
  /** Path of the equipment. */
  readonly equipment: string
}

/** Methods that take a JobOrderID and a Comment (OPC 10031-4 V2 §6.2.1), and what each asks for. */
const requests = {
  Start: { request: 'start', text: 'Allows a stored job order to start.' },
  RevokeStart: { request: 'revokeStart', text: 'Takes the allowance to start back.' },
  Pause: { request: 'pause', text: 'Interrupts a job order that runs.' },
  Resume: { request: 'resume', text: 'Goes on with an interrupted job order.' },
  Stop: { request: 'stop', text: 'Ends a job order in order; it has a result.' },
  Abort: { request: 'abort', text: 'Ends a job order at once.' },
  Cancel: { request: 'cancel', text: 'Takes a job order off the list that has not begun.' },
  Clear: { request: 'clear', text: 'Takes a job order off the list that has ended or was aborted.' },
} as const

/** Ends what runs, or removes evidence of it: for a Supervisor. */
const restricted: readonly string[] = ['Abort', 'Clear']

/** The optional methods of JobOrderControl that are there: all of them. */
export const controlMethods = ['Store', 'StoreAndStart', 'Update', ...Object.keys(requests)]

/** Lets clients add job orders to the list of a piece of equipment, and control them. */
export function bindControl(context: SpaceContext, control: UAObject, target: Target): void {
  const { jobs, equipment } = target
  const bind = binder(context, control)
  const order = (
    name: 'Store' | 'StoreAndStart' | 'Update',
    text: string,
    take: (
      order: Parameters<JobsView['update']>[1],
      asked: Parameters<JobsView['update']>[2],
    ) => Promise<JobReturnStatus>,
  ): void => {
    bind(name, text, async ([structure, comment], initiator) => {
      if (!isOfType(structure?.value, 'ISA95JobOrderDataType')) return mismatch(0, 2)
      mustLast()
      const given = jobOrderOf(context.addressSpace, structure.value as ExtensionObject)
      if ('status' in given) return answer(given.status)
      return answer(await take(given.order, { initiator, comment: commentOf(comment?.value) }))
    })
  }
  order('Store', 'Adds a job order, which must be started yet.', (given, asked) =>
    jobs.store(equipment, given, { ...asked, isAllowed: false }),
  )
  order('StoreAndStart', 'Adds a job order that starts as soon as it is its turn.', (given, asked) =>
    jobs.store(equipment, given, { ...asked, isAllowed: true }),
  )
  order('Update', 'Replaces a job order that has not begun.', (given, asked) => jobs.update(equipment, given, asked))
  for (const [name, { request, text }] of Object.entries(requests)) {
    const method = bind(name, text, async ([id, comment], initiator) => {
      mustLast()
      const asked = { initiator, comment: commentOf(comment?.value), request }
      return answer(await jobs.request(equipment, textOf(id), asked))
    })
    if (restricted.includes(name)) restrictCall(method, 'Supervisor', context.anonymous)
  }
}

/** Lets clients ask for what has come of job orders: everybody who may look. */
export function bindResults(context: SpaceContext, results: UAObject, { jobs, equipment }: Target): void {
  const bind = binder(context, results)
  const rows = jobRows(context.addressSpace)
  const byId = bind('RequestJobResponseByJobOrderID', 'Gives what has come of a job order so far.', async ([id]) => {
    const job = jobs.find(equipment, textOf(id))
    const response = job && rows.response(job)
    const status = response ? jobStatus.done : job ? jobStatus.invalidState : jobStatus.unknownJobOrder
    return answer(status, object(response ?? null))
  })
  const byState = bind(
    'RequestJobResponseByJobOrderState',
    'Gives what has come of the job orders in a state.',
    async ([states]) => {
      const given: readonly unknown[] = Array.isArray(states?.value) ? states.value : []
      if (!given.every((each) => isOfType(each, 'ISA95StateDataType'))) return mismatch(0, 1)
      if (given.length === 0) return answer(jobStatus.invalidRequest, rows.responses([]))
      const wanted = new Set(given.map(stateGiven))
      if (wanted.has(undefined)) return answer(jobStatus.invalidState, rows.responses([]))
      const found = jobs.list(equipment).filter(({ state }) => wanted.has(state))
      return answer(jobStatus.done, rows.responses(found))
    },
  )
  for (const method of [byId, byState]) openCall(method, context.anonymous)
}

function binder(context: SpaceContext, parent: UAObject): (name: string, text: string, call: Call) => UAMethod {
  return (name, text, call) => {
    const method = parent.getMethodByName(name)
    if (!method) throw new Error(`${parent.nodeId.toString()} lacks ${name}`)
    describeMethod(method, text)
    bindMethod(context, method, call)
    return method
  }
}

/** The top-level state that is meant; there are no substates. */
function stateGiven(given: unknown): ReturnType<typeof jobStateOf> {
  const { browsePath, stateNumber } = given as {
    readonly browsePath?: { readonly elements?: readonly unknown[] | null } | null
    readonly stateNumber: number
  }
  return (browsePath?.elements?.length ?? 0) > 0 ? undefined : jobStateOf(stateNumber)
}

/**
 * The outputs with the ReturnStatus, which is always the last: a Bad answer would have none, so what is refused is Uncertain
 * (OPC 10031-4 V2 Annex B.2).
 */
function answer(returnStatus: JobReturnStatus, ...outputs: readonly Variant[]): CallResult {
  const status = returnStatus === jobStatus.done ? Status.Good : Status.Uncertain
  return { status, outputs: [...outputs, uint64(returnStatus)] }
}

/** One of the arguments is of the wrong type, a structure of another kind for example. */
function mismatch(index: number, count: number): CallResult {
  const argumentStatuses = Array.from({ length: count }, (_, at) =>
    at === index ? Status.BadTypeMismatch : Status.Good,
  )
  return { status: Status.BadInvalidArgument, outputs: [], argumentStatuses }
}

/** The stack takes two words without a type of array for an array of two. */
function uint64(bits: bigint): Variant {
  const value = [Number(bits >> 32n), Number(bits & 0xffffffffn)]
  return new Variant({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value })
}

function object(value: ExtensionObject | null): Variant {
  return new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Scalar, value } as never)
}

function textOf(variant: Variant | undefined): string {
  return typeof variant?.value === 'string' ? variant.value : ''
}
