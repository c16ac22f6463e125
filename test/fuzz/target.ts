/** What one target is given: how long it may go on, or how much it tries, and where its chance begins. */
export interface Budget {
  /** Infinite where a count is what ends it. */
  readonly ms: number
  /** Inputs that are tried, at least; without it the time alone ends it. */
  readonly count?: number | undefined
  readonly seed: number
}

/** What came of fuzzing one target. */
export interface Outcome {
  /** Inputs that were tried. */
  readonly runs: number
  /** What was found, in words; undefined when everything held. */
  readonly found?: string | undefined
  /** With the seed it repeats what was found, where the target can do that. */
  readonly path?: string | undefined
}

/** Something that takes what others have written, and must hold whatever they write. */
export interface Target {
  readonly name: string
  readonly what: string
  run(budget: Budget, replay?: { readonly path: string }): Promise<Outcome>
}
