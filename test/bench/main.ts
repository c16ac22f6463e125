/**
 * Runs a benchmark: `npm run bench -- core [--quick] [--json]`; of `opcua` also a part alone: `-- opcua changes`.
 *
 * It prints a table for people; with `--json` the last line is one JSON object (see `report.ts` for its shape).
 */
import type { Benchmark } from './report.ts'
import { printReport } from './report.ts'

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  core: async () => (await import('./core.ts')).core,
  devices: async () => (await import('./devices.ts')).devices,
  history: async () => (await import('./history.ts')).history,
  jobs: async () => (await import('./jobs.ts')).jobs,
  plugins: async () => (await import('./plugins.ts')).plugins,
  opcua: async () => (await import('./opcua.ts')).opcua,
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const [name = '', part] = words
const load = benchmarks[name]
const parts: readonly string[] = name === 'opcua' ? (await import('./opcua.ts')).opcuaParts : []
if (!load || words.length > 2 || (part !== undefined && !parts.includes(part))) {
  process.stderr.write(`usage: npm run bench -- <${Object.keys(benchmarks).join(' | ')}> [part] [--quick] [--json]\n`)
  if (parts.length > 0) process.stderr.write(`parts of ${name}: ${parts.join(', ')}\n`)
  process.exitCode = 2
} else {
  const benchmark = await load()
  const report = await benchmark({ isQuick: process.argv.includes('--quick'), part })
  printReport(name, report, process.argv.includes('--json'))
}
