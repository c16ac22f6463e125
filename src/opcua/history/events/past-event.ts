import type { Variant } from 'node-opcua'
import { nullVariant } from '../../conversion.ts'
import { conditionIdPath } from './event-codec.ts'
import type { KeptEvent } from './event-history-view.ts'
import type { NamespaceMap } from './namespace-map.ts'
import { loadVariant } from './variant-codec.ts'

/** An event that was kept: fields by their paths as clients name them now; each is made when it is asked for. */
export class PastEvent {
  readonly #event: KeptEvent
  readonly #namespaces: NamespaceMap

  constructor(event: KeptEvent, namespaces: NamespaceMap) {
    this.#event = event
    this.#namespaces = namespaces
  }

  /** The value of a field; null for one that the event does not have. */
  valueOf(path: string): Variant {
    const written = path === conditionIdPath ? path : this.#written(path)
    const stored = written === undefined ? undefined : this.#event.fields[written]
    return stored === undefined ? nullVariant : loadVariant(stored, this.#namespaces)
  }

  /** A path with the indices of then. */
  #written(path: string): string | undefined {
    const names: string[] = []
    for (const name of path.split('.')) {
      const [, index, rest] = /^(\d+):(.*)$/s.exec(name) ?? []
      if (index === undefined || rest === undefined) {
        names.push(name)
        continue
      }
      const namespace = this.#namespaces.toWritten(Number(index))
      if (namespace === undefined) return undefined
      names.push(namespace === 0 ? rest : `${namespace}:${rest}`)
    }
    return names.join('.')
  }
}
