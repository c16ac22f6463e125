import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { demoFolder } from '../../src/package-root.ts'
import { type RunningPlant, startPlant } from '../../src/plant.ts'
import { type Client, connect } from '../opcua/bench.ts'

/** The demo plant, running as `npm start` runs it, with a client that looks at it. */
export interface DemoPlant {
  readonly plant: RunningPlant
  readonly client: Client
  /** The last line of the log that matches, or undefined. */
  logged(pattern: RegExp): string | undefined
  stop(): Promise<void>
}

/**
 * Starts the demo plant, or another folder with the same plant, on a free loopback port, with its simulated PLC. With a
 * folder for data it keeps history.
 */
export async function startDemo(plantFolder: string = demoFolder(), dataFolder?: string): Promise<DemoPlant> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-plant-'))
  const loaded = await loadPlant(plantFolder)
  if (!isRunnable(loaded)) throw new Error(`the demo plant has findings: ${JSON.stringify(loaded.findings)}`)
  const lines: string[] = []
  const plant = await startPlant({
    plant: loaded,
    port: 0,
    certificatesFolder: join(folder, 'server'),
    watchCertificates: false,
    ...(dataFolder === undefined ? {} : { dataFolder }),
    log: pino({ level: 'debug' }, { write: (line) => lines.push(line) }),
  })
  const client = await connect(plant.urls[0]!, join(folder, 'client'), {})
  return {
    plant,
    client,
    logged: (pattern) => lines.findLast((line) => pattern.test(line)),
    async stop() {
      await client.close()
      await plant.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Waits until a condition holds, looking every 20 ms; fails with `what` after `deadlineMs`. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  deadlineMs = 8000,
): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it did not come about in ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
