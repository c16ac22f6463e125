import { access, mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { reasonOf } from '../config/read-source.ts'
import { writeSchemas } from '../config/write-schemas.ts'
import { MillraceError } from '../model/errors.ts'
import type { Finish } from './exit-code.ts'
import { ExitCode } from './exit-code.ts'
import { newPlantFiles } from './init-files.ts'
import { installedPlugins } from './installed.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Adds `millrace init [folder]`: writes a new plant that runs at once, without hardware. */
export function initCommand(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('init')
    .description('write a new, commented plant that runs at once, without hardware')
    .argument('[folder]', 'folder to write it to; it is made when it is missing', '.')
    .action(async (folder: string) => {
      const written = await writeNewPlant(folder)
      await writeSchemas(folder, await installedPlugins(folder, terminal))
      const here = folder === '.' ? '' : ` ${folder}`
      const next = [
        [`${terminal.invocation} validate${here}`, 'check it'],
        [`${terminal.invocation}${here || ' .'}`, 'run it'],
      ]
      terminal.out(`${written.map((file) => `wrote ${file}\n`).join('')}\nNext, type\n${table(next, '  ')}`)
      finish(ExitCode.ok)
    })
}

/** Writes the files of a new plant, or none of them when one would be overwritten. Tells their paths. */
export async function writeNewPlant(folder: string): Promise<readonly string[]> {
  const files = Object.entries(newPlantFiles(plantIdOf(folder))).map(([name, text]) => ({
    file: join(folder, name),
    text,
  }))
  for (const { file } of files) {
    if (await exists(file)) throw new MillraceError('folder-not-empty', `${file} exists already; nothing was written`)
  }
  try {
    for (const { file, text } of files) {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text, { flag: 'wx' })
    }
  } catch (cause) {
    throw new MillraceError('file-unreadable', `a plant cannot be written to ${folder}: ${reasonOf(cause)}`, { cause })
  }
  return files.map(({ file }) => file)
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** The plant is called as its folder, as far as the characters of an id allow. */
function plantIdOf(folder: string): string {
  const id = basename(resolve(folder))
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 32)
  return id === '' ? 'my-plant' : id
}
