// @ts-check
// Usage: node .launcher/launch.mjs .launcher/test.mjs [arguments of mocha]
//
// `npm test` runs every test and fails when less than 90 % of the lines are covered; `npm test -- test/pipeline` or
// `npm test -- -g "the wave"` runs some of them, and then coverage would say nothing, so mocha runs alone.

import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
const args = process.argv.slice(2)

process.chdir(root)
if (args.length > 0) {
  process.argv = [process.execPath, mocha, ...args]
  await import(pathToFileURL(mocha).href)
} else {
  // A folder of its own for what V8 counted, because two test runs in one checkout would remove each other's.
  const counts = join(tmpdir(), `millrace-coverage-${process.pid}`)
  process.on('exit', () => rmSync(counts, { recursive: true, force: true }))
  const c8 = require.resolve('c8/bin/c8.js')
  process.argv = [process.execPath, c8, '--temp-directory', counts, process.execPath, mocha]
  await import(pathToFileURL(c8).href)
}
