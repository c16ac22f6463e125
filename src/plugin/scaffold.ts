import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '../model/errors.ts'
import { typePattern } from './shape.ts'
import { type ScaffoldKind, templates } from './templates.ts'

export type { ScaffoldKind } from './templates.ts'

/** What to scaffold. */
export interface Scaffold {
  /** Plant folder; the plugin goes into its subfolder `plugins`. */
  readonly folder: string
  /** What plant and pipeline files will call the plugin; its files are named after it. */
  readonly type: string
  readonly kind: ScaffoldKind
}

/**
 * Writes a first plugin that works, with comments that say what to change, and its test. Gives the paths that it wrote.
 *
 * Nothing is overwritten: `folder-not-empty` when one of the files exists, `name-invalid` when the type cannot be one.
 */
export async function scaffoldPlugin({ folder, type, kind }: Scaffold): Promise<readonly string[]> {
  if (!typePattern.test(type)) {
    const rule = 'a type is a letter, then up to 31 letters, digits, _ or -'
    throw new MillraceError('name-invalid', `'${type}' cannot be the type of a plugin: ${rule}`)
  }
  const { plugin, test } = templates[kind]
  const files = [
    { path: join(folder, 'plugins', `${type}.ts`), text: plugin },
    { path: join(folder, 'plugins', `${type}.test.ts`), text: test },
  ]
  await mkdir(join(folder, 'plugins'), { recursive: true })
  for (const { path, text } of files) await writeNew(path, text.replaceAll('TYPE', type))
  return files.map(({ path }) => path)
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (!exists) throw cause
    throw new MillraceError('folder-not-empty', `${path} exists already; choose another type, or remove it`, { cause })
  }
}
