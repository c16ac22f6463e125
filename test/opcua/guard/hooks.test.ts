import { expect } from 'chai'
import { installHooks, ownerOf, SharedHooks } from '../../../src/opcua/guard/hooks.ts'

class Base {
  greet(name: string): string {
    return `hello ${name}`
  }
}
class Derived extends Base {
  override greet(name: string): string {
    return `${super.greet(name)}!`
  }
}

const loud = (original: (...args: unknown[]) => unknown) =>
  function (this: object, ...args: unknown[]) {
    return String(original.apply(this, args)).toUpperCase()
  }

describe('hooks', () => {
  it('replaces a method and puts back what was there, own or inherited', () => {
    const instance = new Derived()
    const remove = installHooks([{ target: instance, method: 'greet', wrap: loud }])
    expect(instance.greet('you')).to.equal('HELLO YOU!')
    remove()
    expect(instance.greet('you')).to.equal('hello you!')
    expect(Object.hasOwn(instance, 'greet')).to.equal(false)
  })

  it('replaces what is computed when it is read, and puts it back', () => {
    class Counter {
      count = 2
      get isMany(): boolean {
        return this.count > 1
      }
    }
    const hook = { target: Counter.prototype, method: 'isMany', isGetter: true }
    const wrap = (original: () => unknown) =>
      function (this: Counter) {
        return !original.call(this)
      }
    const remove = installHooks([{ ...hook, wrap }])
    expect(new Counter().isMany).to.equal(false)
    remove()
    expect(new Counter().isMany).to.equal(true)
    expect(() => installHooks([{ ...hook, method: 'isFew', wrap }])).to.throw(/Counter\.isFew/)
  })

  it('names the version and every missing method and changes nothing, when the stack lacks one', () => {
    const instance = new Base()
    const hooks = ['greet', 'leave', 'stay'].map((method) => ({ target: instance, method, wrap: loud }))
    expect(() => installHooks(hooks)).to.throw(/2\.186\.4.*Base\.leave, Base\.stay/)
    expect(instance.greet('you')).to.equal('hello you')
  })

  it('wraps once for several holders and unwraps with the last', () => {
    const shared = new SharedHooks()
    const hooks = () => [{ target: Base.prototype, method: 'greet', wrap: loud }]
    const releases = [shared.hold(hooks), shared.hold(hooks)]
    releases[0]!()
    releases[0]!()
    expect(new Base().greet('you')).to.equal('HELLO YOU')
    releases[1]!()
    expect(new Base().greet('you')).to.equal('hello you')
  })

  it('finds the deepest owner of a method', () => {
    expect(ownerOf(new Derived(), 'greet')).to.equal(Base.prototype)
    expect(ownerOf(Derived, 'nowhere')).to.equal(Derived)
  })
})
