import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CataloguedPlugins, pipelineJsonSchema, plantJsonSchema } from './json-schema.ts'

/**
 * Writes `.millrace/plant.schema.json` and `.millrace/pipeline.schema.json` beside a plant, for editors that complete and check
 * while one types. A file is only touched when its content changes.
 *
 * It never fails: in a folder that cannot be written to, editors go without. Tells which files were written.
 */
export async function writeSchemas(folder: string, catalogue: CataloguedPlugins): Promise<readonly string[]> {
  const target = join(folder, '.millrace')
  const schemas = {
    'plant.schema.json': plantJsonSchema(catalogue),
    'pipeline.schema.json': pipelineJsonSchema(catalogue),
  }
  const written: string[] = []
  for (const [name, schema] of Object.entries(schemas)) {
    const file = join(target, name)
    const content = `${JSON.stringify(schema, null, 2)}\n`
    try {
      if ((await readFile(file, 'utf8').catch(() => undefined)) === content) continue
      await mkdir(target, { recursive: true })
      await writeFile(file, content)
      written.push(file)
    } catch {
      // A read-only folder is no reason to refuse a plant.
    }
  }
  return written
}
