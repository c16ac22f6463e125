import { sep } from 'node:path'
import type { Logger } from 'pino'
import { exposedFiles } from './files/private-files.ts'

/** Files that are named in a warning. */
const namedMax = 3

/** Where a plant keeps what is nobody else's. */
export interface KeptFolders {
  readonly dataFolder?: string | undefined
  readonly certificatesFolder: string
}

/**
 * Warns of databases and private keys that others on the machine can read or change, with what to do. Modes that somebody has
 * chosen are not changed; what the program makes itself is private.
 */
export async function warnOfExposedFiles({ dataFolder, certificatesFolder }: KeptFolders, log: Logger): Promise<void> {
  const keys = (await exposedFiles(certificatesFolder)).filter((name) => name.split(sep).includes('private'))
  warn(certificatesFolder, keys, log)
  if (dataFolder !== undefined) warn(dataFolder, await exposedFiles(dataFolder), log)
}

function warn(folder: string, names: readonly string[], log: Logger): void {
  if (names.length === 0) return
  const more = names.length - namedMax
  const told = `${names.slice(0, namedMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  log.warn(
    `others on this machine can read or change what is in ${folder} (${told}); close it to them: chmod 700 ${folder}`,
  )
}
