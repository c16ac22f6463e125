import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json: of a checkout, or of an installed package. */
export const packageRoot: string = rootAbove(dirname(fileURLToPath(import.meta.url)))

/** The folder of the plugins that come with Millrace: sources in a checkout, compiled files in a package. */
export function builtInPlugins(): string {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '..', 'plugins')
  return existsSync(beside) ? beside : join(packageRoot, 'plugins')
}

/** The folder of the built-in demo plant. */
export function demoFolder(): string {
  return join(packageRoot, 'test', 'plants', 'demo')
}

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('the package has no package.json')
  return rootAbove(parent)
}
