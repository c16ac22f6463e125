/** The version of node-opcua whose internals the guard was written against. */
export const HOOKED_VERSION = '2.186.4'

/** A method of any shape, as found on an object of the stack. */
// biome-ignore lint/suspicious/noExplicitAny: hooked methods of the stack have as many signatures as names.
export type AnyMethod = (this: any, ...args: any[]) => any

/** Makes the replacement of a method out of the method it replaces. */
export type Wrap = (original: AnyMethod) => AnyMethod

/** What is hooked: the object, the name of its method, and the replacement. */
export interface Hook {
  readonly target: object
  readonly method: string
  /** Whether it is a property that is computed when it is read. */
  readonly isGetter?: boolean
  readonly wrap: Wrap
}

/**
 * Puts hooks in place, in order, and returns the function that takes all of them out again.
 *
 * Every method is looked up first, so that a stack of another version fails at start with the names
 * of what is missing, and not in service with half a guard.
 */
export function installHooks(hooks: readonly Hook[]): () => void {
  const missing = hooks.filter((hook) => typeof originalOf(hook) !== 'function')
  if (missing.length > 0) {
    const names = missing.map(({ target, method }) => `${nameOf(target)}.${method}`).join(', ')
    throw new Error(
      `the guard was made for node-opcua ${HOOKED_VERSION}; this version lacks ${names}; pin that version or adapt src/opcua/guard`,
    )
  }
  const undo = hooks.map(installHook)
  return () => {
    for (const restore of undo.reverse()) restore()
  }
}

/**
 * Keeps process-wide hooks in place while at least one holder needs them.
 *
 * Prototypes of the stack are shared by all servers of a process; two guarded servers must not wrap them twice.
 */
export class SharedHooks {
  #holders = 0
  #remove: (() => void) | undefined

  /** Installs the hooks when none are there yet; the returned function releases this hold, once. */
  hold(hooks: () => readonly Hook[]): () => void {
    this.#remove ??= installHooks(hooks())
    this.#holders += 1
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#holders -= 1
      if (this.#holders > 0) return
      this.#remove?.()
      this.#remove = undefined
    }
  }
}

/** The prototype on which a method is defined itself, found upwards from an instance; the deepest one wins. */
export function ownerOf(instance: object, method: string): object {
  let owner: object | undefined
  for (let link: object | null = instance; link !== null; link = Object.getPrototypeOf(link) as object | null) {
    if (Object.hasOwn(link, method)) owner = link
  }
  return owner ?? instance
}

function originalOf({ target, method, isGetter }: Hook): unknown {
  return isGetter ? Object.getOwnPropertyDescriptor(target, method)?.get : Reflect.get(target, method)
}

function installHook(hook: Hook): () => void {
  const { target, method, isGetter, wrap } = hook
  const own = Object.getOwnPropertyDescriptor(target, method)
  const replacement = wrap(originalOf(hook) as AnyMethod)
  if (isGetter) Object.defineProperty(target, method, { get: replacement, configurable: true })
  else Object.defineProperty(target, method, { value: replacement, configurable: true, writable: true })
  return () => {
    if (own) Object.defineProperty(target, method, own)
    else Reflect.deleteProperty(target, method)
  }
}

function nameOf(target: object): string {
  return target.constructor?.name ?? 'object'
}
