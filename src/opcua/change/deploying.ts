import type { Finding } from '../../model/finding.ts'

/** A version of a definition as clients see it. */
export interface DeployedVersion {
  readonly pipeline: string
  readonly version: number
  /** Milliseconds since 1970 UTC. */
  readonly time: number
  readonly initiator: string
  readonly comment: string
}

/**
 * What can be asked about the definitions of a plant while it runs. With an error among the findings nothing was changed.
 *
 * Whatever else keeps a change from being made rejects with a `MillraceError` whose `status` is what the client gets.
 */
export interface Deploying {
  /** Checks a definition against the plant; `fileName` is what the findings call its file, unless it is empty. */
  validate(definition: string, fileName: string): Promise<readonly Finding[]>
  /** Adds a pipeline or changes it. The version is 0 when nothing was changed. */
  deploy(
    definition: string,
    by: { readonly comment: string; readonly initiator: string },
  ): Promise<{ readonly version: number; readonly findings: readonly Finding[] }>
  /** Puts an earlier version into use again, under a new number. */
  rollback(
    which: { readonly pipeline: string; readonly version: number },
    by: { readonly comment: string; readonly initiator: string },
  ): Promise<readonly Finding[]>
  /** Takes a pipeline out of the plant; its versions are kept. */
  remove(pipeline: string, by: { readonly comment: string; readonly initiator: string }): Promise<void>
  /** Every version of the pipelines that are in the plant, newest last. */
  readonly versions: readonly DeployedVersion[]
  /** The version of a pipeline that is in use; 0 when its text was never deployed. */
  versionInUse(pipeline: string): number
}
