import {
  type BaseNode,
  type HistoryUpdateRequest,
  HistoryUpdateResponse,
  HistoryUpdateResult,
  type ISessionContext,
  type OPCUAServer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import { isMillraceError } from '../../model/errors.ts'
import type { Limits } from '../../model/limits.ts'
import { isBad, Status } from '../../model/status.ts'
import type { HistoryDetails, Witnesses } from '../call-witness.ts'
import type { Log } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { toldError } from '../told-error.ts'
import { columnsOf } from './column-data.ts'
import { dataValuesOf, wrapOf } from './data-values.ts'
import type { HistorizedVariables } from './historized-variables.ts'
import { detailsOf, operationsOf, permissionsFor, prepare } from './history-update-details.ts'
import type { EditedHistory, HistoryEdit, HistoryView } from './history-view.ts'

/** What the service works with. */
export interface HistoryUpdateParts {
  readonly history: HistoryView | undefined
  readonly variables: HistorizedVariables
  /** Hear of each change, and of each attempt. */
  readonly witnesses: Witnesses
  readonly limits: Limits
  readonly log: Log
}

/** What one element of a request came to. */
interface Outcome {
  readonly status: number
  readonly operationResults?: readonly number[]
  readonly before?: EditedHistory['before']
}

/** Carries an action out for a session, when the request has a sound one. */
type ApplyOnSession = (
  response: typeof HistoryUpdateResponse,
  message: Message,
  channel: ServerSecureChannelLayer,
  action: (
    session: ServerSession,
    sendResponse: (response: HistoryUpdateResponse) => void,
    sendError: (status: StatusCode) => void,
  ) => Promise<void>,
) => Promise<void>

/**
 * Serves HistoryUpdate (Part 4 §5.11.5, Part 11 §6.9), which the stack answers with BadServiceUnsupported. It has to be there
 * before the guard, which contains every service that it finds.
 */
export function installHistoryUpdate(server: OPCUAServer, parts: HistoryUpdateParts): void {
  const service = new HistoryUpdateService(server, parts)
  Reflect.set(server, '_on_HistoryUpdateRequest', (message: Message, channel: ServerSecureChannelLayer) => {
    const apply = Reflect.get(server, '_apply_on_SessionObject') as ApplyOnSession
    return apply.call(server, HistoryUpdateResponse, message, channel, async (session, sendResponse, sendError) => {
      const request = message.request as HistoryUpdateRequest
      const refusal = refusalOf(request, parts.limits)
      if (refusal) sendError(refusal)
      else sendResponse(new HistoryUpdateResponse({ results: await service.update(session.sessionContext, request) }))
    })
  })
}

/** Why a request is not carried out at all. */
function refusalOf({ historyUpdateDetails: all }: HistoryUpdateRequest, limits: Limits): StatusCode | undefined {
  if (!all || all.length === 0) return StatusCodes.BadNothingToDo
  const operations = all.reduce((sum, details) => sum + operationsOf(details), 0)
  const isTooMuch = all.length > limits.nodesPerHistoryUpdate || operations > limits.valuesPerHistoryUpdate
  return isTooMuch ? StatusCodes.BadTooManyOperations : undefined
}

class HistoryUpdateService {
  readonly #server: OPCUAServer
  readonly #parts: HistoryUpdateParts

  constructor(server: OPCUAServer, parts: HistoryUpdateParts) {
    this.#server = server
    this.#parts = parts
  }

  /** One result for each element, in order. They are carried out one after the other: a later one sees what an earlier one did. */
  async update(session: ISessionContext, request: HistoryUpdateRequest): Promise<HistoryUpdateResult[]> {
    const results: HistoryUpdateResult[] = []
    for (const each of request.historyUpdateDetails ?? []) results.push(resultOf(await this.#updateOne(session, each)))
    return results
  }

  async #updateOne(session: ISessionContext, asked: unknown): Promise<Outcome> {
    const details = detailsOf(asked)
    if (typeof details === 'number') return { status: details }
    const node = this.#server.engine.addressSpace?.findNode(details.nodeId)
    if (!node) return { status: Status.BadNodeIdUnknown }
    const outcome = await this.#carryOut(session, node, details)
    this.#tell({ session, node, details }, outcome)
    return outcome
  }

  async #carryOut(session: ISessionContext, node: BaseNode, details: HistoryDetails): Promise<Outcome> {
    const { history, variables } = this.#parts
    const historized = variables.find(node.nodeId)
    if (!history || !historized) return { status: Status.BadHistoryOperationUnsupported }
    if (!permissionsFor(details).every((permission) => session.checkPermission(node, permission))) {
      return { status: Status.BadUserAccessDenied }
    }
    const { status, edit, operations } = prepare(details, historized)
    if (isBad(status)) return { status }
    if (!edit) return { status, operationResults: operations.map((operation) => operation.status) }
    const edited = await this.#edit(history, edit, session.getUserName?.() || 'anonymous')
    if (typeof edited === 'number') return { status: edited }
    const { statuses, before } = edited
    if ('from' in edit) return { status: statuses[0] ?? Status.BadInternalError, before }
    const operationResults = operations.map((operation) =>
      operation.index === undefined ? operation.status : (statuses[operation.index] ?? Status.BadInternalError),
    )
    return { status, operationResults, before }
  }

  /** Whatever goes wrong with one node is its own answer. */
  async #edit(history: HistoryView, edit: HistoryEdit, user: string): Promise<EditedHistory | number> {
    try {
      return await history.modify(edit, user)
    } catch (error) {
      this.#parts.log('warn', `the history of ${edit.tag} cannot be changed: ${toldError(error)}`)
      return isMillraceError(error) ? (error.status ?? Status.BadResourceUnavailable) : Status.BadInternalError
    }
  }

  #tell(
    asked: { readonly session: ISessionContext; readonly node: BaseNode; readonly details: HistoryDetails },
    { status, operationResults = [], before = [] }: Outcome,
  ): void {
    const historized = this.#parts.variables.find(asked.node.nodeId)
    const isRefused = operationResults.length > 0 && operationResults.every(isBad)
    this.#parts.witnesses.updatedHistory({
      ...asked,
      before: historized ? dataValuesOf(columnsOf(before), wrapOf(historized)) : [],
      status: isRefused ? (operationResults[0] ?? status) : status,
    })
  }
}

function resultOf({ status, operationResults = [] }: Outcome): HistoryUpdateResult {
  return new HistoryUpdateResult({
    statusCode: statusCodeOf(status),
    operationResults: operationResults.map(statusCodeOf),
  })
}
