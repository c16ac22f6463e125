/**
 * Runs what README.md names, row by row: `npm run test:hostile -- [file]... [arguments of mocha]`; with files, only those.
 *
 * `MILLRACE_CALM=1` asks for the times of the rule as they are written; `MILLRACE_LONG=1` fuzzes with all seeds, which takes hours.
 */
import { hostileRows } from './rows.ts'

const given = process.argv.slice(2)
const named = hostileRows()
  .flatMap(({ files }) => files)
  .filter((file) => /\.(hostile|test)\.ts$/.test(file))
const files = given.some((argument) => argument.endsWith('.ts')) ? [] : [...new Set(named)]
const how = ['--extension', 'hostile.ts', '--extension', 'test.ts', '--retries', '0', '--timeout', '180000']
process.argv = [process.argv[0] ?? '', process.argv[1] ?? '', ...how, ...files, ...given]
await import('../../.launcher/test.mjs')
