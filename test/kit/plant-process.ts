import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../src/package-root.ts'
import { until } from './demo-plant.ts'

/** Millrace as a process of its own, which can be killed. */
export interface PlantProcess {
  readonly child: ChildProcess
  readonly url: string
  log(): string
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

const children: ChildProcess[] = []

/** Runs the plant of a folder, with its data in `d` and its certificates in `c` below it. */
export async function startPlantProcess(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<PlantProcess> {
  const folders = ['--data', join(folder, 'd'), '--certificates', join(folder, 'c')]
  const main = join(packageRoot, 'src', 'main.ts')
  const child = spawn(process.execPath, [main, 'run', folder, '--port', '0', '--no-watch', ...folders], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let [out, log] = ['', '']
  child.stdout.on('data', (data) => (out += data))
  child.stderr.on('data', (data) => (log += data))
  await until('it runs', () => out.includes('Ctrl-C') || child.exitCode !== null, 20_000)
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${log}`)
  return {
    child,
    url: /opc\.tcp:\/\/\S+/.exec(out)?.[0] ?? '',
    log: () => log,
    async end(signal) {
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
