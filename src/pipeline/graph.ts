import { alg, Graph } from '@dagrejs/graphlib'
import type { Path } from './report.ts'

/** That one thing needs another first, and the place in the file that says so. */
export interface Dependency {
  readonly from: string
  readonly to: string
  readonly path: Path
}

/** Things that wait for each other: each needs the one before it, and the first needs the last. */
export interface Loop {
  readonly members: readonly string[]
  /** Where the first member names the last. */
  readonly path: Path
}

/** All loops of a graph, one for each group of things that wait for each other; the shortest through the group's first. */
export function loopsOf(names: readonly string[], dependencies: readonly Dependency[]): readonly Loop[] {
  const graph = graphOf(names, dependencies)
  const position = new Map(names.map((name, index) => [name, index]))
  const byPosition = (a: string, b: string): number => (position.get(a) ?? 0) - (position.get(b) ?? 0)
  return alg
    .findCycles(graph)
    .map((group) => group.toSorted(byPosition))
    .sort(([a = ''], [b = '']) => byPosition(a, b))
    .map(([first = '', ...others]) => {
      const members = wayBack(graph, first, new Set([first, ...others]))
      const last = members.at(-1) ?? first
      return { members, path: (graph.edge(last, first) as Path | undefined) ?? [] }
    })
}

/** The names in an order in which each comes after all that it needs, or undefined when there is a loop. */
export function orderOf(names: readonly string[], dependencies: readonly Dependency[]): readonly string[] | undefined {
  const needs = new Map(names.map((name) => [name, 0]))
  const neededBy = new Map<string, string[]>(names.map((name) => [name, []]))
  for (const { from, to } of dependencies) {
    const count = needs.get(to)
    const list = neededBy.get(from)
    if (count === undefined || !list) continue
    needs.set(to, count + 1)
    list.push(to)
  }
  // What is free is taken in the order written, so that the order of a file shows wherever wires leave it open.
  const order = names.filter((name) => needs.get(name) === 0)
  for (let next = 0; next < order.length; next++) {
    for (const name of neededBy.get(order[next] as string) ?? []) {
      const left = (needs.get(name) ?? 0) - 1
      needs.set(name, left)
      if (left === 0) order.push(name)
    }
  }
  return order.length === names.length ? order : undefined
}

function graphOf(names: readonly string[], dependencies: readonly Dependency[]): Graph {
  const graph = new Graph()
  for (const name of names) graph.setNode(name)
  for (const { from, to, path } of dependencies) {
    if (graph.hasNode(from) && graph.hasNode(to) && !graph.hasEdge(from, to)) graph.setEdge(from, to, path)
  }
  return graph
}

/** The shortest way from a name back to itself inside its group, without the name at the end. */
function wayBack(graph: Graph, first: string, group: ReadonlySet<string>): readonly string[] {
  const cameFrom = new Map<string, string>()
  const open = [first]
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    for (const next of graph.successors(name) ?? []) {
      if (next === first) {
        const way = [name]
        for (let before = cameFrom.get(name); before !== undefined; before = cameFrom.get(before)) way.unshift(before)
        return way
      }
      if (!group.has(next) || cameFrom.has(next)) continue
      cameFrom.set(next, name)
      open.push(next)
    }
  }
  return [...group]
}
