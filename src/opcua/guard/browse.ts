import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BrowseRequest, BrowseResult, StatusCodes } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'

/** The part of a session's continuation-point store that the budget needs; the stack keeps the points in a Map. */
export interface ContinuationPoints {
  readonly _map: Map<string, unknown>
  hasReachedMaximum(limit: number): boolean
}

interface Pending {
  readonly referencesPerNode: number
  readonly points: ContinuationPoints
}

interface Answer {
  readonly references?: readonly unknown[] | null
}

/**
 * Bounds what one Browse may cost: references in all, references a node, and continuation points a session.
 *
 * Nodes are browsed one by one with a turn of the event loop between them, so that others are served meanwhile.
 */
export class BrowseBudget {
  readonly #pending = new WeakMap<object, Pending>()
  readonly #limits: Limits
  readonly #report: Report

  constructor(limits: Limits, report: Report) {
    this.#limits = limits
    this.#report = report
  }

  /**
   * Prepares a Browse before it is dispatched.
   *
   * Part 4 7.9: continuation points of earlier requests are freed when a new request of the session needs them.
   */
  prepare(request: BrowseRequest, points: ContinuationPoints): void {
    const { referencesPerNode, browseContinuationPoints } = this.#limits
    const nodes = request.nodesToBrowse ?? []
    const asked = request.requestedMaxReferencesPerNode || referencesPerNode
    request.requestedMaxReferencesPerNode = Math.min(asked, referencesPerNode)
    const kept = Math.max(0, browseContinuationPoints - nodes.length)
    for (const key of points._map.keys()) {
      if (points._map.size <= kept) break
      points._map.delete(key)
    }
    // The stack would refuse nodes that need no point at all; the budget counts those that do.
    points.hasReachedMaximum = () => false
    this.#pending.set(nodes, { referencesPerNode: request.requestedMaxReferencesPerNode, points })
  }

  /** The hook of the engine's browse. */
  hook(engine: object): Hook {
    const budget = this
    return {
      target: engine,
      method: 'browseWithAutomaticExpansion',
      wrap: (original) =>
        async function (this: object, nodes: readonly object[], context: unknown) {
          const browseOne = async (node: object): Promise<Answer> => (await original.call(this, [node], context))[0]
          return await budget.#browse(nodes, browseOne)
        },
    }
  }

  async #browse(nodes: readonly object[], browseOne: (node: object) => Promise<Answer>): Promise<Answer[]> {
    const pending = this.#pending.get(nodes)
    let referencesLeft = this.#limits.referencesPerBrowse
    let pointsLeft = this.#limits.browseContinuationPoints - (pending?.points._map.size ?? 0)
    const answers: Answer[] = []
    for (const node of nodes) {
      if (referencesLeft <= 0) {
        answers.push(this.#refuse())
        continue
      }
      const answer = await browseOne(node)
      const count = answer.references?.length ?? 0
      referencesLeft -= count
      const needsPoint = pending !== undefined && count > pending.referencesPerNode
      if (needsPoint) pointsLeft -= 1
      answers.push(needsPoint && pointsLeft < 0 ? this.#refuse() : answer)
      await nextTurn()
    }
    return answers
  }

  /** The only status that Part 4 5.8.2.4 has for a node whose references do not fit. */
  #refuse(): BrowseResult {
    this.#report('browseBudget', 'Browse', 'references or continuation points used up')
    return new BrowseResult({ statusCode: StatusCodes.BadNoContinuationPoints, references: [] })
  }
}
