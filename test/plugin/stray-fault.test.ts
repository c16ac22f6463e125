import { expect } from 'chai'
import { rememberModule } from '../../src/plugin/module-of.ts'
import { strayFileOf } from '../../src/plugin/stray-fault.ts'

const thrownAt = (...places: readonly string[]) =>
  Object.assign(new Error('lost'), { stack: ['Error: lost', ...places.map((place) => `    at ${place}`)].join('\n') })

describe('strayFileOf', () => {
  before(() => rememberModule({ url: 'file:///p/plugins/a%20b.ts?v=1', origin: 'a', kind: 'file' }, []))

  const plugin = 'Timeout._onTimeout (file:///p/plugins/a%20b.ts:3:7)'
  const helper = 'async help (file:///p/plugins/lib/help.js:10:1)'
  const timers = 'process.processTimers (node:internal/timers:523:7)'
  const rxjs = 'SafeSubscriber._next (/x/node_modules/rxjs/dist/cjs/internal/Subscriber.js:130:5)'
  const ours = 'Wave.compute (file:///x/millrace/src/pipeline/wave.ts:9:4)'

  it('names the file of an error that passed through plugins, RxJS and Node.js only', () => {
    expect(strayFileOf(thrownAt(plugin, rxjs, timers), 'thrown')).to.equal('/p/plugins/a b.ts')
    expect(strayFileOf(thrownAt(rxjs, helper, 'new Promise (<anonymous>)', timers), 'thrown')).to.equal(
      '/p/plugins/lib/help.js',
    )
  })

  it('takes a thrown error that has unwound anything else for nobody’s, and a rejection for that of where it arose', () => {
    expect(strayFileOf(thrownAt(plugin, ours), 'thrown')).to.equal(undefined)
    expect(strayFileOf(thrownAt(plugin, ours), 'rejected')).to.equal('/p/plugins/a b.ts')
    expect(strayFileOf(thrownAt(ours, plugin), 'rejected')).to.equal(undefined)
  })

  it('knows nothing of errors without places, of other files, and of what is no error', () => {
    expect(strayFileOf(thrownAt(timers), 'thrown')).to.equal(undefined)
    expect(strayFileOf(thrownAt('f (/p/plugins-of-others/a.ts:1:1)'), 'rejected')).to.equal(undefined)
    for (const thrown of ['text', null, undefined, { stack: plugin }]) {
      expect(strayFileOf(thrown, 'rejected')).to.equal(undefined)
    }
  })
})
