/**
 * Something that is wrong, or doubtful, in the files that a user wrote.
 *
 * `path` leads to the place inside the file's document (`['steps', 'gas', 'in', 'value']`); the reader of the files
 * turns it into line and column. All findings are collected; nothing runs while one of them is an error.
 */
export interface Finding {
  /** A code of the findings table in `errors.ts`. */
  readonly code: string
  readonly severity: 'error' | 'warning'
  /** Path of the file as the user gave it. */
  readonly file: string
  readonly path: readonly (string | number)[]
  /** Whether the place is the key at the path rather than its value. */
  readonly atKey?: boolean | undefined
  /** Lower-case, names the thing and the value. */
  readonly message: string
  /** What to do about it. */
  readonly remedy: string
  /** One-based; set by the reader of the files. */
  readonly line?: number | undefined
  /** One-based; set by the reader of the files. */
  readonly column?: number | undefined
}
