import { type BaseNode, DataType, StatusCodes, type UAObject, Variant } from 'node-opcua'

/** A path of names, as the stack's filters ask for it. */
interface AskedPath {
  readonly relativePath: { readonly elements?: readonly { readonly targetName: { toString(): string } }[] | null }
}

/** A variable of a condition and what it held when the event was made. */
export interface EventField {
  /** BrowseNames, qualified where they are not of namespace 0, joined by dots. */
  readonly path: string
  readonly variable: BaseNode
  readonly value: Variant
}

/**
 * An event of a condition: what its variables, or those of one of its branches, held at one moment.
 *
 * The stack's filters ask it for paths and values; its source is the condition itself, so that a client that selects the
 * NodeId gets the ConditionId (Part 9 §5.5.2.13). Beside that it has every field by its name in the stack, such as
 * `enabledState.id`, like any event.
 */
export class ConditionEvent {
  readonly #condition: UAObject
  readonly #byPath = new Map<string, BaseNode>()
  readonly #byNodeId = new Map<string, Variant>()
  readonly #values = new Map<string, Variant>()

  constructor(condition: UAObject, fields: readonly EventField[]) {
    this.#condition = condition
    this.#values.set('', new Variant({ dataType: DataType.NodeId, value: condition.nodeId }))
    for (const { path, variable, value } of fields) {
      this.#byPath.set(path, variable)
      this.#values.set(path, value)
      this.#byNodeId.set(variable.nodeId.toString(), value)
      Object.defineProperty(this, memberName(path), { value, enumerable: true })
    }
  }

  /** All values by their paths; that of the empty path is the NodeId of the condition. */
  values(): ReadonlyMap<string, Variant> {
    return this.#values
  }

  /** The condition, for the stack. */
  getEventDataSource(): UAObject {
    return this.#condition
  }

  /** Finds a field by its path, for the stack. */
  _browse({ relativePath }: AskedPath): object | null {
    const path = (relativePath.elements ?? []).map(({ targetName }) => targetName.toString()).join('.')
    const variable = this.#byPath.get(path)
    if (!variable) return null
    return { statusCode: StatusCodes.Good, targets: [{ remainingPathIndex: 0, targetId: variable.nodeId }] }
  }

  /** The value of a field, for the stack. */
  _readValue(nodeId: { toString(): string }): Variant | null {
    return this.#byNodeId.get(nodeId.toString()) ?? null
  }
}

function memberName(path: string): string {
  return path
    .split('.')
    .map((name) => name.replace(/^\d+:/, ''))
    .map((name) => name.charAt(0).toLowerCase() + name.slice(1))
    .join('.')
}
