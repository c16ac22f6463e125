import { defineDevice, type Fields, NotConnected, Rejected, Status, TimedOut, type Value } from 'millrace/plugin'
import { Observable, Subject } from 'rxjs'
import { openLine } from './line/line.ts'
import { pause, systemTime } from './line/time.ts'
import { complaintsAboutConfig } from './serial-line/check.ts'
import { Conversation } from './serial-line/conversation.ts'
import { examples } from './serial-line/examples.ts'
import { Framer } from './serial-line/framer.ts'
import { type Pattern, patternOf } from './serial-line/pattern.ts'
import { addressOf, frameFormOf, type SerialConfig, settings, type WriteEntry } from './serial-line/settings.ts'
import { type Template, templateOf } from './serial-line/template.ts'
import { inputsOf, type Message, outputsOf, type Readings, valuesIn } from './serial-line/values.ts'

/** What still comes of an earlier connection is let go by before a device is asked. */
const quietMs = 50

export default defineDevice({
  type: 'serial-line',
  description: 'A device on a serial line or serial server with frames of its own: a scale, a scanner, a gauge, a GPS.',
  config: settings,
  outputs: (config): Fields => outputsOf(config),
  inputs: (config): Fields => inputsOf(config),
  check: (config) => complaintsAboutConfig(config),
  examples,

  async connect({ config, signal }) {
    const loose: SerialConfig = config
    const frames = new Subject<Buffer>()
    const conversation = new Conversation({
      line: await openLine(addressOf(loose), signal),
      framer: new Framer(frameFormOf(loose)),
      ...{
        time: systemTime,
        silenceMs: config.silence,
        responseTimeoutMs: config.responseTimeout,
        hasEcho: config.echo,
      },
      onFrame: (payload) => frames.next(payload),
    })
    const messages = loose.messages.map((entry): Message => {
      const pattern = entry.pattern === undefined ? undefined : patternOf(entry.pattern)
      return { entry, pattern, encoding: loose.encoding }
    })
    const writes = new Map(loose.writes.map((write) => [write.name, writeOf(write, loose)]))
    const common = {
      isConcurrent: true,
      async write(setpoints: Readonly<Record<string, unknown>>) {
        for (const [name, value] of Object.entries(setpoints)) await writes.get(name)?.(conversation, value as Value)
      },
      close: () => conversation.close(),
    }
    if (messages.every(({ entry }) => entry.ask === undefined)) {
      return { ...common, readings: readingsOf(conversation, frames, { messages, expectEveryMs: loose.expectEvery }) }
    }
    await pause(systemTime, quietMs)
    const poll = (some: readonly Message[]) => readAll(conversation, some, loose)
    const rest = messages.filter(({ entry }) => entry.every === undefined)
    return {
      ...common,
      read: () => poll(rest.length > 0 ? rest : messages),
      groups: [...Map.groupBy(messages, ({ entry }) => entry.every)].flatMap(([everyMs, some]) => {
        const outputs = some.flatMap(({ entry }) => entry.fields.map(({ name }) => name))
        return everyMs === undefined ? [] : [{ everyMs, outputs, read: () => poll(some) }]
      }),
    }
  },
})

async function readAll(
  conversation: Conversation,
  messages: readonly Message[],
  config: SerialConfig,
): Promise<Readings> {
  const readings: Readings = {}
  for (const message of messages) {
    const { ask = '' } = message.entry
    const values = await conversation.ask({
      ...{ bytes: rendered(ask, config).render(), isWrite: false, what: `'${ask}'` },
      accept: (payload) => valuesIn(payload, message),
    })
    Object.assign(readings, values)
  }
  return readings
}

/** The readings of a device that sends by itself; they end with an error when the line is lost, or silent for too long. */
function readingsOf(
  conversation: Conversation,
  frames: Subject<Buffer>,
  { messages, expectEveryMs }: { readonly messages: readonly Message[]; readonly expectEveryMs: number | undefined },
): Observable<Readings> {
  return new Observable<Readings>((subscriber) => {
    let cancel = (): void => {}
    const expect = (): void => {
      cancel()
      if (expectEveryMs === undefined) return
      const late = new TimedOut(`nothing came for ${expectEveryMs} ms`)
      cancel = systemTime.after(expectEveryMs, () => subscriber.error(late))
    }
    const subscription = frames.subscribe((payload) => {
      try {
        const values = firstOf(messages, (message) => valuesIn(payload, message))
        if (!values) return
        expect()
        subscriber.next(values)
      } catch (error) {
        subscriber.error(error)
      }
    })
    expect()
    void conversation.lost.then((reason) => subscriber.error(new NotConnected(reason)))
    return () => {
      cancel()
      subscription.unsubscribe()
    }
  })
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

type Write = (conversation: Conversation, value: Value) => Promise<void>

function writeOf({ name, command, acknowledge, refuse }: WriteEntry, config: SerialConfig): Write {
  const template = rendered(command, config)
  const yes = acknowledge === undefined ? undefined : patternOf(acknowledge)
  const no = refuse === undefined ? undefined : patternOf(refuse)
  return async (conversation, value) => {
    const question = { bytes: template.render(value), isWrite: true, what: `the command for ${name}` }
    await conversation.ask(
      yes
        ? { ...question, accept: (payload) => judge(payload.toString(config.encoding), { name, yes, no }) }
        : question,
    )
  }
}

/** True for an acknowledgement, undefined for a frame that is none; throws when the device refuses. */
function judge(
  text: string,
  answer: { readonly name: string; readonly yes: Pattern; readonly no: Pattern | undefined },
): true | undefined {
  if (answer.no?.match(text)) {
    throw new Rejected(`the device answered '${text.slice(0, 60)}' for ${answer.name}`, {
      status: Status.BadOutOfRange,
    })
  }
  return answer.yes.match(text) ? true : undefined
}

function rendered(command: string, config: SerialConfig): Template {
  const template = templateOf(command, config)
  if (typeof template === 'string') throw new Error(`the command ${template}`)
  return template
}
