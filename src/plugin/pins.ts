import { basename, extname } from 'node:path'
import { fileHash, folderHash, packageFolder } from './module-hash.ts'

/** Hashes of the modules that a plant allows, by what a person calls them: a file of `plugins/`, a type, or a package. */
export type Pins = Readonly<Record<string, string>>

/** A module that may be pinned. */
export interface Pinnable {
  readonly kind: 'file' | 'package'
  /** Path of the file, or name of the package. */
  readonly origin: string
}

/** How a module stands to the pins of a plant. */
export type Judgement =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'unpinned' }
  /** It is named by a pin with another hash: `key` and `pinned` are those of the plant file. */
  | { readonly kind: 'changed'; readonly key: string; readonly pinned: string }

/** The hash of a module as it is on the disk now. Rejects when it cannot be read. */
export async function hashOf({ kind, origin }: Pinnable, plantFolder: string): Promise<string> {
  if (kind === 'file') return fileHash(origin)
  const folder = packageFolder(origin, plantFolder)
  if (folder === undefined) throw new Error(`package ${origin} is not installed`)
  return folderHash(folder)
}

/** What a pin may call a module: the name of its package, or of its file, with and without the folder and the ending. */
export function namesOf({ kind, origin }: Pinnable): readonly string[] {
  if (kind === 'package') return [origin]
  const name = basename(origin)
  return [name, `plugins/${name}`, name.slice(0, -extname(name).length)]
}

/**
 * Judges a module by its hash. A pin under another name counts too, because types are not known before code has run, and what
 * has the hash of something that is allowed is the same thing.
 */
export function judge(module: Pinnable, hash: string, pins: Pins): Judgement {
  const names = namesOf(module)
  const pin = Object.entries(pins).find(([key]) => names.includes(key))
  if (Object.values(pins).includes(hash)) return { kind: 'pinned' }
  return pin ? { kind: 'changed', key: pin[0], pinned: pin[1] } : { kind: 'unpinned' }
}

/** Says why a module is not loaded, for the finding; undefined when it may be. */
export function refusalOf(
  { origin }: Pinnable,
  hash: string,
  judgement: Judgement,
): { readonly message: string; readonly remedy: string } | undefined {
  switch (judgement.kind) {
    case 'pinned':
      return undefined
    case 'changed':
      return {
        message: `plugin module ${origin} has changed since it was pinned: its hash is ${hash}, not ${judgement.pinned}`,
        remedy: 'look at what has changed, then pin it again with `millrace plugin pin`',
      }
    case 'unpinned':
      return {
        message: `plugin module ${origin} is not among those that plugins.allow names; its hash is ${hash}`,
        remedy: 'look at it, then pin it with `millrace plugin pin`, or take it out of the folder',
      }
    default:
      return judgement satisfies never
  }
}
