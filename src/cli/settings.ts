/** A JSON Schema of a configuration, as far as it is read here. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly unit?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly default?: unknown
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
}

/** Rows for people about a configuration: name, type, unit, limits and default, description. Entries of lists are `name[].part`. */
export function settingsOf(schema: object, prefix = ''): string[][] {
  const { properties = {}, required = [] } = schema as Schema
  return Object.entries(properties).flatMap(([name, setting]) => {
    const place = `${prefix}${name}`
    const row = [
      place,
      typeOf(setting),
      setting.unit ?? '',
      factsOf(setting, required.includes(name)),
      setting.description ?? '',
    ]
    return [row, ...settingsOf(setting, `${place}.`), ...settingsOf(setting.items ?? {}, `${place}[].`)]
  })
}

function typeOf(schema: Schema): string {
  const type = typeof schema.type === 'object' ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return 'text'
    case 'object':
      return 'mapping'
    case 'array':
      return 'list'
    case 'integer':
      return 'whole number'
    case 'boolean':
      return 'true or false'
    default:
      return type ?? 'any'
  }
}

function factsOf({ minimum, maximum, enum: choices, default: preset }: Schema, isRequired: boolean): string {
  const isSafe = (limit: number | undefined) => limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER
  const low = isSafe(minimum) ? minimum : undefined
  const high = isSafe(maximum) ? maximum : undefined
  const limits =
    low !== undefined && high !== undefined
      ? `${low} to ${high}`
      : low !== undefined
        ? `at least ${low}`
        : high !== undefined
          ? `at most ${high}`
          : ''
  const facts = [
    limits,
    choices?.join(', ') ?? '',
    preset === undefined ? '' : `default ${JSON.stringify(preset)}`,
    isRequired && preset === undefined ? 'required' : '',
  ]
  return facts.filter((fact) => fact !== '').join('; ')
}

/** The smallest configuration that fits a schema: what must be there, with values that look like ones. */
export function sampleOf(schema: object, name = ''): unknown {
  const {
    type,
    default: preset,
    enum: choices,
    items,
    properties = {},
    required = [],
    minimum,
    maximum,
    anyOf,
  } = schema as Schema
  if (preset !== undefined) return preset
  if (choices) return choices[0]
  if ('const' in schema) return schema.const
  if (anyOf?.[0]) return sampleOf(anyOf[0], name)
  switch (typeof type === 'object' ? type[0] : type) {
    case 'object': {
      const wanted = required.filter((key) => properties[key]?.default === undefined)
      return Object.fromEntries(wanted.map((key) => [key, sampleOf(properties[key] ?? {}, key)]))
    }
    case 'array':
      return [sampleOf(items ?? {}, name)]
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, minimum ?? 1), maximum ?? 1)
    case 'boolean':
      return true
    default:
      return texts[name] ?? 'text'
  }
}

/** Texts that say more than "text" where a name is a usual one. */
const texts: Readonly<Record<string, string>> = {
  host: '192.168.0.10',
  url: 'opc.tcp://192.168.0.10:4840',
  node: 'ns=2;s=Boiler.Level',
  name: 'value',
  unit: '°C',
  path: '/dev/ttyUSB0',
  expression: 'value',
}
