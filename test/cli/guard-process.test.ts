import { expect } from 'chai'
import { guardProcess } from '../../src/cli/guard-process.ts'
import { VirtualClock } from '../../src/model/clock.ts'

describe('last net of the process', () => {
  const events = ['unhandledRejection', 'uncaughtException'] as const
  const emit = (event: string, ...args: unknown[]): void => {
    // The events are raised by hand: real ones would end the test run.
    process.emit(event as never, ...(args as never[]))
  }
  let others: Map<string, ((...args: never[]) => void)[]>

  beforeEach(() => {
    others = new Map(events.map((event) => [event, process.listeners(event as never) as never]))
    for (const event of events) process.removeAllListeners(event)
  })

  afterEach(() => {
    for (const event of events) {
      process.removeAllListeners(event)
      for (const listener of others.get(event) ?? []) process.on(event as never, listener as never)
    }
  })

  it('counts unhandled rejections and asks for a restart at the third within a minute', async () => {
    const clock = new VirtualClock()
    const seen: string[] = []
    const remove = guardProcess({
      clock,
      onUnhandled: (reason, count) => seen.push(`${reason} ${count}`),
      onRestart: () => seen.push('restart'),
      onUncaught: (error) => seen.push(`uncaught ${(error as Error).message}`),
      onStray: (_, file) => seen.push(`stray in ${file}`),
    })
    emit('unhandledRejection', 'a')
    emit('unhandledRejection', 'b')
    await clock.advance(61_000)
    emit('unhandledRejection', 'c')
    emit('unhandledRejection', 'd')
    expect(seen).not.to.include('restart')
    emit('unhandledRejection', 'e')
    emit('uncaughtException', new Error('f'))
    expect(seen).to.deep.equal(['a 1', 'b 2', 'c 3', 'd 4', 'e 5', 'restart', 'uncaught f'])
    remove()
    expect(process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException')).to.equal(0)
  })
})
