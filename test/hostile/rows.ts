import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** A row of the tables in README.md: what a plant must survive, and the files that try it. */
export interface HostileRow {
  readonly title: string
  /** As they are written, with `*` for several; those of this folder by their name alone. */
  readonly written: readonly string[]
  /** The files that there are, below the root of the repository. */
  readonly files: readonly string[]
}

const folder = import.meta.dirname
const root = join(folder, '..', '..')

/** The rows of both tables, in their order. They are the list of what `npm run test:hostile` runs. */
export function hostileRows(): readonly HostileRow[] {
  const lines = readFileSync(join(folder, 'README.md'), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [, title = '', where = ''] = line.split(' | ').length === 2 ? (/^\| (.+) \| (.+) \|$/.exec(line) ?? []) : []
    const written = [...where.matchAll(/`([^`]+\.ts)`/g)].map(([, name = '']) => name)
    return title === '' || title === 'fault' || title === 'input' ? [] : [{ title, written, files: filesOf(written) }]
  })
}

function filesOf(written: readonly string[]): readonly string[] {
  return written.flatMap((name) => {
    const pattern = name.includes('/') ? join(root, name) : join(folder, name)
    return globSync(pattern)
      .map((file) => relative(root, file))
      .sort()
  })
}
