import { formatFindings } from '../config/format-findings.ts'
import { locate } from '../config/locate.ts'
import { readPlant } from '../config/read-plant.ts'
import { builtInPlugins } from '../package-root.ts'
import { type Catalogue, loadCatalogue } from '../plugin/catalogue.ts'
import type { Terminal } from './terminal.ts'

/** The plugins that a plant folder sees: the built-in ones, those beside its plant file, and its packages. Broken ones are told and left out. */
export async function installedPlugins(folder: string, terminal: Terminal): Promise<Catalogue> {
  const { plugins, files } = await readPlant(folder, { environment: terminal.environment })
  const { catalogue, findings } = await loadCatalogue({
    builtIn: builtInPlugins(),
    plantFolder: plugins.isUnclear ? undefined : folder,
    packages: plugins.packages,
    allow: plugins.allow,
    plantFile: files.files[0]?.file,
  })
  if (findings.length > 0) {
    terminal.err(`${formatFindings(locate(findings, files), files, { color: terminal.isColored })}\n`)
  }
  return catalogue
}
