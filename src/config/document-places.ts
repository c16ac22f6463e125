import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml'
import type { LineIndex } from './line-index.ts'
import type { DocumentPath, Position } from './source-file.ts'

/** Finds the place of a path in a YAML document. */
export class DocumentPlaces {
  readonly #document: Document
  readonly #lines: LineIndex
  readonly #targets = new Map<Node, Node>()

  /** `lines` are those of the document's text. */
  constructor(document: Document, lines: LineIndex) {
    this.#document = document
    this.#lines = lines
  }

  /** Remembers what an alias stands for. */
  resolve(alias: Node, target: Node): void {
    this.#targets.set(alias, target)
  }

  /** What an alias stands for, if that is known yet. */
  targetOf(alias: Node): Node | undefined {
    return this.#targets.get(alias)
  }

  /** The start of a node. */
  ofNode(node: unknown): Position {
    const offset = (node as Node | null)?.range?.[0]
    return this.#lines.at(offset ?? 0)
  }

  /** Where a path is: its value, or its key when `atKey`; the nearest existing ancestor's key when there is no such path. */
  positionOf(path: DocumentPath, atKey = false): Position {
    let node: unknown = this.#document.contents
    let key: unknown = node
    for (const part of path) {
      const step = this.#step(node, part)
      if (!step) return this.ofNode(key)
      key = step.key
      node = step.value
    }
    return this.ofNode(atKey || !hasText(node) ? key : node)
  }

  #step(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
    const target = isAlias(node) ? this.#targets.get(node) : node
    if (isSeq(target) && typeof part === 'number') {
      const item = target.items[part]
      return item === undefined ? undefined : { key: item, value: item }
    }
    if (!isMap(target)) return undefined
    const pair = target.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === String(part))
    return pair && { key: pair.key, value: pair.value ?? pair.key }
  }
}

/** An empty value (`key:` and nothing behind it) has a place, but nothing to see there. */
function hasText(node: unknown): boolean {
  return !isScalar(node) || node.source !== '' || node.type !== 'PLAIN'
}
