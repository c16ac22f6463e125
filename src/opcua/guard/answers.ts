import { ServiceFault, type StatusCode, StatusCodes } from 'node-opcua'
import { type Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'

const answered = new WeakSet<object>()

/** Answers a request with a ServiceFault that says nothing but the status (Part 4 7.34), unless it has its answer. */
export function answerFault(channel: ServerSecureChannelLayer, message: Message, statusCode: StatusCode): void {
  if (answered.has(message) || channel.aborted) return
  channel.send_response('MSG', new ServiceFault({ responseHeader: { serviceResult: statusCode } }), message)
}

/**
 * Hooks the sending of answers, which is called from timers as well as from services.
 *
 * An answer that cannot be encoded becomes BadEncodingError; a request is answered at most once; when not even the
 * fault can be sent, the channel is closed, so that the client need not wait.
 */
export function answerHooks(report: Report): Hook[] {
  return [
    {
      target: ServerSecureChannelLayer.prototype,
      method: 'send_response',
      wrap: (original) =>
        function (this: ServerSecureChannelLayer, type: string, response: object, message: Message, done?: unknown) {
          if (type === 'MSG' && answered.has(message)) return
          try {
            original.call(this, type, response, message, done)
            if (type === 'MSG') answered.add(message)
          } catch (error) {
            report('containedThrow', `answer ${response.constructor.name}`, error)
            const fault = new ServiceFault({ responseHeader: { serviceResult: StatusCodes.BadEncodingError } })
            try {
              if (type !== 'MSG' || response instanceof ServiceFault) return this.close()
              answered.add(message)
              original.call(this, type, fault, message, done)
            } catch {
              this.close()
            }
          }
        },
    },
  ]
}
