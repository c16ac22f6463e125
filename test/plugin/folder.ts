import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Temporary folders of one suite: `folderWith` makes one with files in it, `removeFolders` removes all that it made. */
export function temporaryFolders(): {
  folderWith(files: Readonly<Record<string, string>>): string
  removeFolders(): void
} {
  const folders: string[] = []
  return {
    folderWith(files) {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-plugins-'))
      folders.push(folder)
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      return folder
    },
    removeFolders() {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    },
  }
}
