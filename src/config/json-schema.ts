import { z } from 'zod'
import type { Catalogue } from '../plugin/catalogue.ts'
import type { Plugin } from '../plugin/define.ts'
import { configJsonSchema } from '../plugin/describe.ts'
import { pipelineFile } from './pipeline-schema.ts'
import { plantFile } from './plant-schema.ts'

/** What a JSON Schema needs to know of the installed plugins. */
export type CataloguedPlugins = Pick<Catalogue, 'entries'>

/** A JSON Schema, as far as it is changed here. */
interface Schema {
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  [keyword: string]: unknown
}

/** JSON Schema (draft-07) of plant.yaml for editors: the file's own declaration with the installed device plugins in it. */
export function plantJsonSchema(catalogue: CataloguedPlugins): Record<string, unknown> {
  const schema = generated(plantFile, 'Millrace plant')
  const device = entriesOf(schema, 'devices')
  choices(device, 'type', pluginsOf(catalogue, ['device']))
  const simulator = device.properties?.simulator
  if (simulator) choices(simulator, 'type', pluginsOf(catalogue, ['simulator']))
  return schema
}

/** JSON Schema (draft-07) of a pipeline file for editors: the file's own declaration with the installed functions in it. */
export function pipelineJsonSchema(catalogue: CataloguedPlugins): Record<string, unknown> {
  const schema = generated(pipelineFile, 'Millrace pipeline')
  choices(entriesOf(schema, 'steps'), 'function', pluginsOf(catalogue, ['function', 'block', 'operator']))
  return schema
}

function generated(file: z.ZodType, title: string): Schema {
  // Variables may stand for any value of the plant file, which no editor can know: their texts are allowed beside numbers.
  const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    const isNarrow = jsonSchema.type === 'integer' || jsonSchema.type === 'number' || jsonSchema.type === 'boolean'
    if (title === 'Millrace plant' && isNarrow) {
      const { description, ...rest } = jsonSchema
      for (const key of Object.keys(rest)) delete jsonSchema[key as keyof typeof jsonSchema]
      Object.assign(jsonSchema, { anyOf: [rest, { type: 'string', pattern: '\\$\\{' }] })
    }
  }
  return { ...(z.toJSONSchema(file, { target: 'draft-7', io: 'input', override }) as Schema), title }
}

function entriesOf(schema: Schema, key: string): Schema {
  const entries = schema.properties?.[key]?.additionalProperties
  if (typeof entries !== 'object') throw new TypeError(`the schema has no entries under ${key}`)
  return entries
}

function pluginsOf({ entries }: CataloguedPlugins, kinds: readonly Plugin['kind'][]): readonly Plugin[] {
  const plugins = entries.map(({ plugin }) => plugin).filter(({ kind }) => kinds.includes(kind))
  return plugins.sort((a, b) => (a.type < b.type ? -1 : 1))
}

/** Lets `key` be the type of one of the plugins, and `config` what that plugin takes. */
function choices(schema: Schema, key: string, plugins: readonly Plugin[]): void {
  const { properties } = schema
  if (!properties || plugins.length === 0) return
  const described = properties[key]?.description
  properties[key] = {
    ...(described === undefined ? {} : { description: described }),
    oneOf: plugins.map(({ type, description }) => ({ const: type, description })),
  }
  schema.allOf = plugins.map((plugin) => ({
    if: { properties: { [key]: { const: plugin.type } }, required: [key] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
    then: { properties: { config: withoutDialect(configJsonSchema(plugin.config)) } },
  }))
}

function withoutDialect({ $schema: _, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return schema
}
