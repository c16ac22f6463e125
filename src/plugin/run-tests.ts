import { spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import { namesIn } from './load.ts'

/** Which tests to run. */
export interface PluginTests {
  /** Plant folder; the tests lie in its subfolder `plugins`. */
  readonly folder: string
  /** File for the report; without it the report goes to standard output. */
  readonly report?: string
}

/**
 * Runs the tests of a plant's plugins (`plugins/*.test.ts`, written for `node:test`) with this installation's `millrace/plugin` and
 * `millrace/testing`. Gives the exit code: 0 when all passed, or when there are none.
 */
export async function runPluginTests({ folder, report }: PluginTests): Promise<number> {
  const plugins = join(folder, 'plugins')
  const tests = (await namesIn(plugins)).filter((name) => /\.test\.(ts|js|mts|mjs)$/.test(name))
  if (tests.length === 0) return 0
  const register = new URL(`./register${extname(import.meta.url)}`, import.meta.url).href
  const reporter = report === undefined ? [] : ['--test-reporter=spec', `--test-reporter-destination=${report}`]
  const args = ['--import', register, '--test', ...reporter, ...tests.map((name) => join(plugins, name))]
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit', env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
