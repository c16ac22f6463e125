import type { ASTNode } from '@marcbachmann/cel-js'

/** Data types of variables, by their CEL names. */
export type VariableType = 'double' | 'bool' | 'string'

/** Macros whose first argument names a variable of their own: `[a, b].exists(x, x > 3)`. */
const binding = ['all', 'exists', 'exists_one', 'map', 'filter']

const logical = ['&&', '||', '!_']

/**
 * The variables that an expression mentions, in order, with the type that their first telling use suggests: an operand of `&&` is
 * a bool, what is compared with a text or joined to one is a string, everything else is a number.
 */
export function variablesOf(ast: ASTNode): ReadonlyMap<string, VariableType> {
  const found = new Map<string, VariableType | undefined>()
  visit(ast, undefined, [], found)
  return new Map([...found].map(([name, type]) => [name, type ?? 'double']))
}

type Found = Map<string, VariableType | undefined>

function visit(node: ASTNode, expected: VariableType | undefined, bound: readonly string[], found: Found): void {
  const { op, args } = node as { op: string; args: unknown }
  if (op === 'id') {
    const name = args as string
    if (!bound.includes(name)) found.set(name, found.get(name) ?? expected)
    return
  }
  if (op === 'value') return
  const parts = nodesIn(args)
  const names = op === 'rcall' ? boundBy(args as [string, ASTNode, ASTNode[]]) : []
  const inner = names.length === 0 ? bound : [...bound, ...names]
  parts.forEach((part, index) => {
    visit(part, expectedOf(op, parts, index, expected), inner, found)
  })
}

function boundBy([name, , [first]]: [string, ASTNode, ASTNode[]]): string[] {
  return binding.includes(name) && first?.op === 'id' ? [first.args as string] : []
}

function expectedOf(
  op: string,
  parts: readonly ASTNode[],
  index: number,
  outer: VariableType | undefined,
): VariableType | undefined {
  if (logical.includes(op)) return 'bool'
  if (op === '?:') return index === 0 ? 'bool' : outer
  if (op === '==' || op === '!=' || op === '+') return literalType(parts[1 - index])
  return undefined
}

function literalType(node: ASTNode | undefined): VariableType | undefined {
  if (node?.op !== 'value') return undefined
  if (typeof node.args === 'string') return 'string'
  return typeof node.args === 'boolean' ? 'bool' : undefined
}

/** The nodes among the arguments of a node, at any depth of lists. */
function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}
