import type { EventEmitter } from 'node:events'
import type { DataType, UAVariable } from 'node-opcua'
import type { Watched } from './watched.ts'

/** A variable that is told every change of its value. */
export interface Pushed {
  readonly variable: UAVariable
  /** Which type of values fits the type that it is declared with, once that has been found. */
  declared: unknown
  dataType: DataType | undefined
  /** A monitored item that listens to it, and the others. */
  first: Watched | undefined
  others: Watched[]
  /** Whether nobody else listens; undefined when that is to be found out anew. */
  isAmongItems: boolean | undefined
}

/** The list of those that are no more than one; nobody may put anything into it. */
const nobody: Watched[] = []
const pushedByVariable = new WeakMap<object, Pushed>()

/** Notes that a variable is told every change of its value, and need not be asked for it. */
export function push(variable: UAVariable): Pushed {
  variable.minimumSamplingInterval = 0
  const known = pushedByVariable.get(variable)
  if (known) return known
  const fresh: Pushed = {
    variable,
    declared: undefined,
    dataType: undefined,
    first: undefined,
    others: nobody,
    isAmongItems: undefined,
  }
  pushedByVariable.set(variable, fresh)
  return fresh
}

/** Whether a node is told every change of its value. */
export function isPushed(node: object | null): boolean {
  return node !== null && pushedByVariable.has(node)
}

/** Notes that a monitored item listens to a variable, as the stack has told it to. */
export function watch(variable: UAVariable, watched: Watched): void {
  const emitter: EventEmitter = variable as object as EventEmitter
  const pushed = pushedByVariable.get(variable)
  if (!pushed || watched.isWatching) return
  watched.isWatching = true
  pushed.isAmongItems = undefined
  if (!pushed.first) {
    pushed.first = watched
    emitter.on('newListener', notice).on('removeListener', notice)
  } else if (pushed.others === nobody) pushed.others = [watched]
  else pushed.others.push(watched)
}

/** Notes that a monitored item listens no more. */
export function unwatch(variable: UAVariable, watched: Watched): void {
  const emitter: EventEmitter = variable as object as EventEmitter
  const pushed = pushedByVariable.get(variable)
  if (!pushed || !watched.isWatching) return
  watched.isWatching = false
  pushed.isAmongItems = undefined
  if (pushed.first === watched) pushed.first = pushed.others.pop()
  else pushed.others.splice(pushed.others.indexOf(watched), 1)
  if (pushed.others.length === 0) pushed.others = nobody
  if (!pushed.first) emitter.off('newListener', notice).off('removeListener', notice)
}

/** Whether those who listen to a variable are monitored items and nobody else. */
export function isAmongItems(pushed: Pushed): boolean {
  pushed.isAmongItems ??= pushed.variable.listenerCount('value_changed') === pushed.others.length + 1
  return pushed.first !== undefined && pushed.isAmongItems
}

/** Listeners come and go. */
function notice(this: EventEmitter, event: string | symbol): void {
  const pushed = event === 'value_changed' ? pushedByVariable.get(this) : undefined
  if (pushed) pushed.isAmongItems = undefined
}
