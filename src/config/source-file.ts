/** A place in a file; both count from one. Columns count UTF-16 code units, as editors do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A path into a document: keys of mappings and indexes of lists. */
export type DocumentPath = readonly (string | number)[]

/** A file that was read: its text, its data, and the way from a path in the data back to the text. */
export interface SourceFile {
  /** Path of the file as the user gave it. */
  readonly file: string
  readonly text: string
  /** The document as plain data; undefined when it could not be parsed. */
  readonly value: unknown
  /** Values that came from the environment, by {@link pathKey}. They are texts, whatever the place wants. */
  readonly substituted: ReadonlyMap<string, string>
  /** Where a path is; where its nearest existing ancestor's key is when the path does not exist. */
  positionOf(path: DocumentPath, atKey?: boolean): Position
}

/** The files of a plant, in a fixed order: the plant file, then the pipeline files by name. */
export interface PlantFiles {
  /** The folder as the user gave it. */
  readonly folder: string
  readonly files: readonly SourceFile[]
}

/** The file of that path, if it was read. */
export function fileOf(files: PlantFiles, file: string): SourceFile | undefined {
  return files.files.find((candidate) => candidate.file === file)
}

/** The value at a path of plain data, or undefined. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  let current = value
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined
    current = (current as Record<string | number, unknown>)[part]
  }
  return current
}

/** A path as the key of a map. */
export function pathKey(path: DocumentPath): string {
  return JSON.stringify(path)
}

/** A path for people: `steps.gas.after[0]`. */
export function pathText(path: DocumentPath): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}

/** A value for people, on one line and not longer than a few words. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
