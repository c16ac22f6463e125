import { ServiceFault, type StatusCode, StatusCodes } from 'node-opcua'
import { type Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'
import { mendAnswer } from './mend.ts'

const answered = new WeakSet<object>()

/** Answers a request with a ServiceFault that says nothing but the status (Part 4 7.34), unless it has its answer. */
export function answerFault(channel: ServerSecureChannelLayer, message: Message, statusCode: StatusCode): void {
  if (answered.has(message) || channel.aborted) return
  channel.send_response('MSG', new ServiceFault({ responseHeader: { serviceResult: statusCode } }), message)
}

/**
 * Hooks the sending of answers, which is called from timers as well as from services.
 *
 * A request is answered at most once. An answer that cannot be encoded is sent again with BadEncodingError in place of
 * what could not; when that fails too, as a fault; and when not even the fault can be sent, the channel is closed.
 */
export function answerHooks(report: Report): Hook[] {
  return [
    {
      target: ServerSecureChannelLayer.prototype,
      method: 'send_response',
      wrap: (original) =>
        function (this: ServerSecureChannelLayer, type: string, response: object, message: Message, done?: unknown) {
          if (type === 'MSG' && answered.has(message)) return
          const send = (answer: object): unknown => original.call(this, type, answer, message, done)
          try {
            send(response)
          } catch (error) {
            report('containedThrow', `answer ${response.constructor.name}`, error)
            if (type !== 'MSG' || !sendSecondBest(send, response)) this.close()
          }
          if (type === 'MSG') answered.add(message)
        },
    },
  ]
}

function sendSecondBest(send: (answer: object) => unknown, response: object): boolean {
  const fault = new ServiceFault({ responseHeader: { serviceResult: StatusCodes.BadEncodingError } })
  const attempts = response instanceof ServiceFault ? [] : mendAnswer(response) ? [response, fault] : [fault]
  return attempts.some((answer) => {
    try {
      send(answer)
      return true
    } catch {
      return false
    }
  })
}
