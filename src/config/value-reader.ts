import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { DocumentPlaces } from './document-places.ts'
import { type Environment, hasVariable, substitute } from './environment.ts'
import { fault } from './report.ts'
import { type DocumentPath, pathKey } from './source-file.ts'

/** How many values a document may have after its aliases are expanded. */
const valueCountMax = 300_000
/** How deep mappings and lists may nest. */
const depthMax = 64

/** Makes plain data of a document, and collects what the data may not hold. */
export class ValueReader {
  readonly findings: Finding[] = []
  readonly substituted = new Map<string, string>()
  readonly places: DocumentPlaces
  readonly #file: string
  readonly #environment: Environment | undefined
  readonly #anchors = new Map<string, Node>()
  #count = 0
  #isExhausted = false

  constructor(file: string, places: DocumentPlaces, environment: Environment | undefined) {
    this.#file = file
    this.places = places
    this.#environment = environment
  }

  read(node: unknown, path: DocumentPath = []): unknown {
    if (this.#isExhausted) return null
    this.#count++
    if (this.#count > valueCountMax) return this.#exhaust('file-too-large', 'its anchors and values are too many', path)
    if (path.length > depthMax)
      return this.#exhaust('yaml-invalid', `it is nested deeper than ${depthMax} levels`, path)
    if (isAlias(node)) return this.#alias(node, path)
    const { anchor } = (node ?? {}) as { anchor?: string }
    if (anchor) this.#anchors.set(anchor, node as Node)
    if (isMap(node)) return this.#mapping(node.items, path)
    if (isSeq(node)) return node.items.map((item, index) => this.read(item, [...path, index]))
    return isScalar(node) ? this.#scalar(node.value, path) : null
  }

  #alias(alias: Node & { source: string }, path: DocumentPath): unknown {
    const target = this.places.targetOf(alias) ?? this.#anchors.get(alias.source)
    if (!target) {
      this.#report(
        'yaml-invalid',
        `the alias *${alias.source} has no anchor before it`,
        'declare the anchor first',
        path,
      )
      return null
    }
    this.places.resolve(alias, target)
    return this.read(target, path)
  }

  #mapping(items: readonly { key: unknown; value: unknown }[], path: DocumentPath): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const item of items) {
      const key = isScalar(item.key) && item.key.value !== null ? String(item.key.value) : undefined
      if (key === undefined || key === '__proto__') {
        const message = `a key is ${key ?? 'empty, an alias, a list or a mapping'}`
        this.#report('yaml-invalid', message, 'write a plain name as the key', path)
      } else if (Object.hasOwn(result, key)) {
        const at = this.places.ofNode(item.key)
        const remark = { message: `the key ${key} stands here twice`, remedy: 'rename or remove one of them' }
        this.findings.push({ ...fault(this.#file, 'yaml-invalid', path, remark), ...at })
      } else {
        result[key] = this.read(item.value, [...path, key])
      }
    }
    return result
  }

  #scalar(value: unknown, path: DocumentPath): unknown {
    if (typeof value !== 'string' || !this.#environment || !hasVariable(value)) return value
    const result = substitute(value, this.#environment)
    switch (result.kind) {
      case 'text':
        this.substituted.set(pathKey(path), result.text)
        return result.text
      case 'missing':
        this.#report(
          'variable-missing',
          `the environment variable ${result.name} has no value`,
          `set it, or give a default: \${${result.name}:-default}`,
          path,
        )
        return value
      case 'malformed':
        this.#report(
          'value-invalid',
          `${result.reference} does not name a variable`,
          `write \${NAME} or \${NAME:-default}; a literal \${ is written $\${`,
          path,
        )
        return value
    }
  }

  #exhaust(code: ErrorCode, reason: string, path: DocumentPath): null {
    this.#isExhausted = true
    this.#report(
      code,
      `the file is too large: ${reason}`,
      'split the file, or write the values out',
      path.slice(0, depthMax),
    )
    return null
  }

  #report(code: ErrorCode, message: string, remedy: string, path: DocumentPath): void {
    this.findings.push(fault(this.#file, code, path, { message, remedy }))
  }
}
