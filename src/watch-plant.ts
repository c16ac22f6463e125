import { basename, relative, sep } from 'node:path'
import { watch } from 'chokidar'
import type { Cancel, Clock } from './model/clock.ts'

/** How long the files have to be quiet before they are read: an editor that saves writes, renames and removes in one go. */
const quietMs = 200

/** A watch over the files of a plant. */
export interface PlantWatch {
  /** Resolves when nothing is watched any more; may be called again. */
  stop(): Promise<void>
}

/** Watches the files of a plant's folder and tells when something about them is different; several files at once are told once. */
export async function watchPlant(
  folder: string,
  { clock, onChange, onError }: { clock: Clock; onChange: () => void; onError: (error: unknown) => void },
): Promise<PlantWatch> {
  let cancel: Cancel = () => {}
  const watcher = watch(folder, {
    ignoreInitial: true,
    depth: 1,
    ignored: (path) => !isOfPlant(relative(folder, path)),
  })
  watcher.on('all', (_event, path) => {
    if (relative(folder, path) === '') return
    cancel()
    cancel = clock.after(quietMs, onChange)
  })
  watcher.on('error', onError)
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    async stop() {
      cancel()
      await watcher.close()
    },
  }
}

/** Whether a path inside the folder is one that a plant is read from, or leads to one. */
function isOfPlant(path: string): boolean {
  if (path === '' || path === 'pipelines' || path === 'plugins') return true
  const parts = path.split(sep)
  const name = basename(path)
  if (parts.length === 1) return /^plant\.(yaml|yml|json)$/.test(name)
  if (parts.length > 2 || name.startsWith('.')) return false
  return parts[0] === 'pipelines' ? /\.(yaml|yml|json)$/.test(name) : parts[0] === 'plugins'
}
