import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/package-root.ts'
import { until } from './demo-plant.ts'

/** Millrace as a process of its own, which can be killed. */
export interface PlantProcess {
  readonly child: ChildProcess
  readonly url: string
  /** What it has printed so far. */
  out(): string
  log(): string
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

const children: ChildProcess[] = []

/** How a plant runs as a process. */
export interface PlantProcessOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Files and sockets that it may open. */
  readonly handles?: number
  /** Whether it is started again after a crash; `child` is the supervisor then. */
  readonly isSupervised?: boolean
  readonly port?: number
  /** Whether changed files are applied as they are saved. */
  readonly isWatching?: boolean
}

/** Runs the plant of a folder, with its data in `d` and its certificates in `c` below it. */
export async function startPlantProcess(folder: string, options: PlantProcessOptions = {}): Promise<PlantProcess> {
  const { environment = {}, handles, isSupervised, port = 0, isWatching } = options
  const folders = ['--data', join(folder, 'd'), '--certificates', join(folder, 'c')]
  const flags = [...(isWatching ? [] : ['--no-watch']), ...(isSupervised ? ['--supervise'] : [])]
  const main = join(packageRoot, ...(isSupervised ? ['.launcher', 'millrace.mjs'] : ['src', 'main.ts']))
  const command = [process.execPath, main, 'run', folder, '--port', String(port), ...flags, ...folders]
  // The shell gives its place to the program, so that the child is the program itself.
  const limited = handles === undefined ? command : ['sh', '-c', `ulimit -n ${handles}; exec "$@"`, 'sh', ...command]
  const child = spawn(limited[0]!, limited.slice(1), {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let [out, log] = ['', '']
  child.stdout.on('data', (data) => (out += data))
  child.stderr.on('data', (data) => (log += data))
  await until('it runs', () => out.includes('Ctrl-C') || child.exitCode !== null, 60_000)
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${log}`)
  return {
    child,
    url: /opc\.tcp:\/\/\S+/.exec(out)?.[0] ?? '',
    out: () => out,
    log: () => log,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      const end = once(child, 'exit')
      child.kill(signal)
      await end
    },
  }
}

/** Kills what a test has left running. */
export function killPlantProcesses(): void {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
}

/** The ids of the processes that a process has started (Linux). */
export function childrenOf(id: number): readonly number[] {
  const text = readFileSync(`/proc/${id}/task/${id}/children`, 'utf8')
  return text
    .split(' ')
    .filter((each) => each !== '')
    .map(Number)
}
