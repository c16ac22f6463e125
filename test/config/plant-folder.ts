import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const folders: string[] = []

/** Writes files, by path inside it, to a new folder under the system's temporary one. */
export async function plantFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  return folder
}

/** Removes every folder that was made. */
export async function removePlantFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
}

/** A plant that may run: one device, one pipeline. */
export const validPlant = `plant: acme
server: { port: 0, name: Acme }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkCenter, name: Line 1 }
devices:
  plc1:
    type: modbus
    equipment: Acme/Line1
    every: 500ms
    retry: { delay: 1s, maxDelay: 10s }
    breaker: { failures: 5, reset: 30s }
    config:
      host: 127.0.0.1
      registers:
        - { name: level, address: 1, unit: l, max: 50 }
        - { name: valve, address: 2, access: write }
`

/** A pipeline of {@link validPlant}. */
export const validPipeline = `pipeline: watch
name: Watch the tank
equipment: Acme/Line1
run: { every: 100ms }
parameters:
  limit: { type: Double, unit: l, min: 0, max: 50, default: 10 }
steps:
  smooth:
    function: moving-average
    in: { value: plc1.level }
    config: { size: 5 }
  high:
    function: GT
    in: { a: smooth.mean, b: $limit }
outputs:
  level: { from: smooth.mean, history: { keep: 90d, deadband: 0.2 }, alarm: { low: 5, high: 45 } }
  isHigh: { from: high.result }
`
