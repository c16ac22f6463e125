import { spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import { namesIn } from './load.ts'

/**
 * Runs the tests of a plant's plugins (`plugins/*.test.ts`, written for `node:test`) with this installation's `millrace/plugin` and
 * `millrace/testing`. Gives the exit code: 0 when all passed. Output goes to this process's own.
 */
export async function runPluginTests({ folder }: { readonly folder: string }): Promise<number> {
  const plugins = join(folder, 'plugins')
  const tests = (await namesIn(plugins)).filter((name) => /\.test\.(ts|js|mts|mjs)$/.test(name))
  const register = new URL(`./register${extname(import.meta.url)}`, import.meta.url).href
  const args = ['--import', register, '--test', ...tests.map((name) => join(plugins, name))]
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit', env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
