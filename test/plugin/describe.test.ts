import { expect } from 'chai'
import { z } from 'zod'
import {
  configJsonSchema,
  describeDevice,
  likenessOf,
  parseConfig,
  portOf,
  portsOf,
} from '../../src/plugin/describe.ts'
import {
  boolean,
  bytes,
  choice,
  dateTime,
  defineBlock,
  defineDevice,
  defineFunction,
  defineOperator,
  double,
  type Fields,
  float,
  int64,
  list,
  type Plugin,
  record,
  text,
  uint16,
  uint64,
  unit,
} from '../../src/plugin/index.ts'

const config = {
  host: text({ description: 'Host name.' }),
  port: uint16({ default: 502 }),
  mode: choice(['tcp', 'rtu'], { default: 'tcp' }),
  password: text({ secret: true, optional: true }),
  timeout: double({ unit: 's', min: 0, max: 60, default: 5 }),
  registers: list(
    record({ name: text(), unit: unit({ optional: true }), every: double({ unit: 'ms', default: 100 }) }),
    {
      min: 1,
    },
  ),
}

const meter = defineDevice({
  type: 'meter',
  description: 'A meter.',
  config,
  outputs: ({ registers }) =>
    Object.fromEntries(registers.map(({ name, unit }) => [name, float(unit === undefined ? {} : { unit })])),
  inputs: { setpoint: double({ unit: 'bar' }) },
  methods: { zero: { description: 'Sets zero.', outputs: { at: double({ unit: 'degC' }) } } },
  connect: async () => ({
    read: async () => ({}),
    close: () => {},
    methods: { zero: async () => ({ at: 1 }) },
  }),
})

describe('portOf', () => {
  it('carries type, unit symbol of the table, range and default', () => {
    expect(portOf('level', double({ unit: 'm3', min: 0, max: 5, default: 1, description: 'Level.' }))).to.deep.equal({
      name: 'level',
      dataType: 'Double',
      isArray: false,
      description: 'Level.',
      unit: 'm³',
      range: [0, 5],
      default: 1,
    })
  })

  it('tells arrays, choices and optional inputs', () => {
    expect(portOf('spectrum', list(float({ unit: 'V' })))).to.include({ dataType: 'Float', isArray: true, unit: 'V' })
    expect(portOf('state', choice(['off', 'on'])).choices).to.deep.equal(['off', 'on'])
    expect(portOf('reset', boolean({ optional: true })).optional).to.equal(true)
  })

  it('knows 64-bit integers, times and bytes', () => {
    const ports = { a: int64(), b: uint64(), c: dateTime(), d: bytes(), e: list(int64()) }
    expect(portsOf(ports, {}).map(({ dataType, isArray }) => `${dataType} ${isArray}`)).to.deep.equal([
      ...['Int64 false', 'UInt64 false', 'DateTime false', 'ByteString false', 'Int64 true'],
    ])
    expect(int64().safeParse(2n ** 63n).success).to.equal(false)
    expect(uint64().safeParse(-1n).success).to.equal(false)
    expect(bytes().safeParse([1]).success).to.equal(false)
  })

  it('reads plain zod schemas', () => {
    expect(portOf('a', z.number()).dataType).to.equal('Double')
    expect(portOf('b', z.boolean().optional()).dataType).to.equal('Boolean')
    expect(portOf('c', z.string()).dataType).to.equal('String')
    expect(portOf('d', z.date()).dataType).to.equal('DateTime')
    expect(portOf('e', z.array(z.number()))).to.include({ dataType: 'Double', isArray: true })
  })
})

describe('likenessOf', () => {
  it('tells which input an output takes unit and range from', () => {
    const outputs = { mean: double({ like: 'value' }), count: uint16() }
    expect(likenessOf(outputs)).to.deep.equal({ mean: 'value' })
  })
})

describe('describeDevice', () => {
  const definition = {
    id: 'm1',
    file: 'plant.yaml',
    name: 'Meter 1',
    description: '',
    type: 'meter',
    equipment: 'Acme',
    everyMs: 1000,
    timeoutMs: 1000,
    holdLastMs: 0,
    enabled: true,
    retry: { attempts: 1, delayMs: 1, factor: 1, jitter: 0, maxDelayMs: 1 },
  }

  it('lists ports that follow from the configuration, and hides secrets', () => {
    const parsed = parseConfig(config, { host: 'h', password: 'pw', registers: [{ name: 'flow', unit: 'm3/h' }] })
    const description = describeDevice({ ...definition, config: parsed.values ?? {} }, meter)
    expect(description.outputs.map(({ name, unit }) => `${name} ${unit}`)).to.deep.equal(['flow m³/h'])
    expect(description.inputs.map(({ name }) => name)).to.deep.equal(['setpoint'])
    expect(description.methods[0]?.outputs[0]).to.include({ name: 'at', unit: '°C' })
    expect(description.description).to.equal('A meter.')
    expect(description.configuration).to.deep.equal({ host: 'h', port: 502, mode: 'tcp', timeout: 5 })
  })

  it('names the device and the plugin when the ports cannot be told', () => {
    expect(() => describeDevice({ ...definition, config: {} }, meter))
      .to.throw(/plugin meter cannot name the ports of m1/)
      .with.property('code', 'plugin-invalid')
  })
})

describe('parseConfig', () => {
  const registers = [{ name: 'a' }]
  const issuesOf = (raw: unknown) =>
    (parseConfig(config, raw).issues ?? []).map(({ code, path, message, remedy }) => [code, path, message, remedy])

  it('fills in defaults and turns quantities into the unit of the field, at any depth', () => {
    const { values } = parseConfig(config, { host: 'h', timeout: '500 ms', registers: [{ name: 'a', every: '2s' }] })
    expect(values).to.include({ port: 502, mode: 'tcp', timeout: 0.5 })
    expect(values?.registers).to.deep.equal([{ name: 'a', every: 2000 }])
  })

  it('reports everything at once, in words of the field', () => {
    expect(
      issuesOf({ prot: 1, port: 70000, mode: 'tpc', timeout: '2 kg', registers: [{ nmae: 'x', unit: 'barr' }] }),
    ).to.deep.equal([
      ['key-missing', ['host'], 'host is missing', 'add host: a text'],
      [
        'value-out-of-range',
        ['port'],
        'port is 70000, above its limit of 65535',
        'give a whole number from 0 to 65535',
      ],
      ['value-invalid', ['mode'], "mode is 'tpc', which is not one of its choices", 'did you mean tcp?'],
      [
        'value-invalid',
        ['timeout'],
        "timeout is '2 kg', not a number from 0 to 60 in s",
        'give a number from 0 to 60 in s',
      ],
      ['key-missing', ['registers', 0, 'name'], 'registers[0].name is missing', 'add registers[0].name: a text'],
      [
        'unit-unknown',
        ['registers', 0, 'unit'],
        "registers[0].unit is 'barr', which is not an engineering unit of the table",
        'did you mean bar?',
      ],
      ['key-unknown', ['registers', 0, 'nmae'], 'registers[0].nmae is not known', 'did you mean name?'],
      ['key-unknown', ['prot'], 'prot is not known', 'did you mean port?'],
    ])
  })

  it('says the size of a list that is too short, and says a wrong type once', () => {
    expect(issuesOf({ host: 'h', registers: [] })).to.deep.equal([
      ['value-out-of-range', ['registers'], 'registers has 0 items, below its limit of 1', 'give a list'],
    ])
    expect(issuesOf({ host: 'h', registers: '' }).map(([, , message]) => message)).to.deep.equal([
      "registers is '', not a list",
    ])
  })

  it('never repeats a secret', () => {
    expect(JSON.stringify(issuesOf({ host: 'h', registers, password: 4711 }))).not.to.contain('4711')
  })

  it('takes nothing as an empty configuration and refuses what is no mapping', () => {
    expect(parseConfig(undefined, undefined).values).to.deep.equal({})
    expect(
      parseConfig({ on: boolean(), at: z.date() }, { on: 1, at: null }).issues?.map(({ message }) => message),
    ).to.deep.equal(['on is 1, not true or false', 'at is empty, not a value of its type'])
    expect(parseConfig({}, [1]).issues?.[0]?.message).to.equal('config is a list, not a mapping')
    expect(parseConfig({}, { a: 1 }).issues?.[0]?.remedy).to.equal('remove it; nothing is configured here')
  })

  it('gives messages of plain zod schemas in lower case', () => {
    const { issues } = parseConfig({ url: z.url(), even: z.number().multipleOf(2) }, { url: 'x', even: 3 })
    expect(issues?.map(({ message }) => message)).to.deep.equal([
      "url is 'x': invalid URL",
      'even is 3: invalid number: must be a multiple of 2',
    ])
  })
})

describe('configJsonSchema', () => {
  it('is closed, knows defaults and lets quantities be written with a unit', () => {
    const schema = configJsonSchema(config) as {
      additionalProperties: boolean
      required: string[]
      properties: Record<string, { type?: unknown; default?: unknown }>
    }
    expect(schema.additionalProperties).to.equal(false)
    expect(schema.required).to.deep.equal(['host', 'registers'])
    expect(schema.properties.timeout?.type).to.deep.equal(['number', 'string'])
    expect(schema.properties.port).to.include({ type: 'integer', default: 502 })
  })
})

describe('a list of plugins', () => {
  it('takes plugins of concrete types without a cast', () => {
    const plugins: Plugin[] = [
      meter,
      defineFunction({
        type: 'f',
        description: 'F.',
        config: { gain: double() },
        inputs: { a: double(), b: boolean() },
        outputs: ({ gain }) => ({ c: double({ min: 0, max: gain }) }),
        compute: ({ a, b }, { gain }) => ({ c: b ? a : gain }),
      }),
      defineFunction({
        type: 'g',
        description: 'G.',
        inputs: { a: double() },
        outputs: { b: double() },
        computeSamples: ({ a }) => ({ b: a }),
      }),
      defineBlock({
        type: 'h',
        description: 'H.',
        inputs: { a: double() },
        outputs: { b: double() },
        memory: () => ({ sum: 0 }),
        compute: ({ a }, _config, memory) => {
          memory.sum += a
          return { b: memory.sum }
        },
      }),
      defineOperator({
        type: 'i',
        description: 'I.',
        inputs: { a: double() },
        outputs: { b: double() },
        stream: ({ a }) => ({ b: a }),
      }),
    ]
    const ports = plugins.map((plugin) =>
      'outputs' in plugin ? portsOf(plugin.outputs as Fields, { gain: 2, registers: [] }) : [],
    )
    expect(ports[1]?.[0]?.range).to.deep.equal([0, 2])
    expect(ports[3]?.[0]?.name).to.equal('b')
  })
})
