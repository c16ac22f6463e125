import { type OPCUAServer, type StatusCode, StatusCodes } from 'node-opcua'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import { answerFault } from './answers.ts'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'

/** Judges a request before any service sees it; anything but Good is the answer. */
export type Judge = (message: Message, channel: ServerSecureChannelLayer) => StatusCode

/**
 * Hooks the dispatcher and every service of a server, so that a throw or a rejection is BadInternalError for that
 * request.
 *
 * The stack catches a synchronous throw itself, but then sends the stack trace to the client; asynchronous ones end the
 * process.
 */
export function serviceHooks(server: OPCUAServer, judge: Judge, report: Report): Hook[] {
  const services = serviceNamesOf(server).map((method) => ({
    target: server,
    method,
    wrap: (original: AnyMethod) => containService(original, report),
  }))
  return [
    ...services,
    { target: server, method: '_apply_on_SessionObject', wrap: (original) => containAction(original, report) },
    { target: server, method: 'on_request', wrap: (original) => judgeRequest(original, judge, report) },
  ]
}

/**
 * Hooks the engine's refresh of asynchronous variables, which comes before Read and HistoryRead.
 *
 * The stack's callback asserts that there is no error, inside a promise that nobody awaits; the value read afterwards
 * carries the Bad status already.
 */
export function refreshHook(engine: object, report: Report): Hook {
  return {
    target: engine,
    method: 'refreshValues',
    wrap: (original) =>
      function (this: object, nodes: unknown, maxAge: number, callback: AnyMethod) {
        original.call(this, nodes, maxAge, (error: unknown, values: unknown) => {
          if (error) report('containedThrow', 'refresh', error)
          try {
            callback(null, values ?? [])
          } catch (fault) {
            report('containedThrow', 'refresh', fault)
          }
        })
      },
  }
}

function judgeRequest(original: AnyMethod, judge: Judge, report: Report): AnyMethod {
  return function (this: OPCUAServer, message: Message, channel: ServerSecureChannelLayer) {
    try {
      const verdict = judge(message, channel)
      if (!verdict.isGood()) {
        answerFault(channel, message, verdict)
        return
      }
      original.call(this, message, channel)
    } catch (error) {
      report('containedThrow', serviceOf(message), error)
      answerFault(channel, message, StatusCodes.BadInternalError)
    }
  }
}

function containService(original: AnyMethod, report: Report): AnyMethod {
  return function (this: OPCUAServer, message: Message, channel: ServerSecureChannelLayer) {
    const give = (error: unknown): void => {
      report('containedThrow', serviceOf(message), error)
      answerFault(channel, message, StatusCodes.BadInternalError)
    }
    try {
      const result: unknown = original.call(this, message, channel)
      if (result instanceof Promise) return result.catch(give)
    } catch (error) {
      give(error)
    }
  }
}

function containAction(original: AnyMethod, report: Report): AnyMethod {
  return async function (this: OPCUAServer, response: unknown, message: Message, channel, action: AnyMethod) {
    const give = (error: unknown): void => {
      report('containedThrow', serviceOf(message), error)
      answerFault(channel, message, StatusCodes.BadInternalError)
    }
    const contained = async (session: unknown, sendResponse: AnyMethod, sendError: AnyMethod): Promise<void> => {
      // The actions answer from callbacks and unawaited promises, so a throw of `sendResponse` has no other catcher.
      const send = (answer: unknown): void => {
        try {
          sendResponse(answer)
        } catch (error) {
          give(error)
        }
      }
      await action(session, send, sendError)
    }
    try {
      await original.call(this, response, message, channel, contained)
    } catch (error) {
      give(error)
    }
  }
}

/** The service that a request asks for: `Read` for a ReadRequest. */
export function serviceOf(message: Message): string {
  return message.request.schema.name.replace(/Request$/, '')
}

function serviceNamesOf(server: object): string[] {
  const names = new Set<string>()
  for (let link = server; link && link !== Object.prototype; link = Object.getPrototypeOf(link) as object) {
    for (const name of Object.getOwnPropertyNames(link)) if (/^_on_[A-Z]/.test(name)) names.add(name)
  }
  return [...names]
}
