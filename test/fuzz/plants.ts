import fc from 'fast-check'
import { stringify } from 'yaml'
import { formatFindings } from '../../src/config/format-findings.ts'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { errorTable } from '../../src/model/errors.ts'
import { builtInPlugins } from '../../src/package-root.ts'
import { type Catalogue, loadCatalogue } from '../../src/plugin/catalogue.ts'
import { checkFor, strange } from './property.ts'
import type { Target } from './target.ts'

/** The longest that a plant may take to be read, in milliseconds, on a machine that has other work too. */
const slowMs = 10_000

/** One of these, or in one of eight cases anything. */
const mostly = <Value>(...values: readonly Value[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: strange })

/** A mapping of which each part may be missing, and in one of ten cases one part too many is there. */
const mapping = (parts: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      fc.record(parts, { requiredKeys: [] }),
      fc.option(fc.tuple(fc.string({ maxLength: 12 }), strange), { freq: 9 }),
    )
    .map(([record, more]) => (more ? { ...record, [more[0]]: more[1] } : record))

const named = (names: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string({ maxLength: 40 })), value, {
    maxKeys: 3,
  })

const durations = ['1s', '100ms', '5m', '0s', 1000]
const paths = ['Acme', 'Acme/Line1', 'Acme/Line1/Cell', 'Nowhere']
const wires = ['boiler1.level', 'boiler1.flow', 'a.value', 'a.mean', 'b.scaled', 'other.out', '$gain', 3, true, 'x.y']
const tagParts = {
  name: mostly('level', 'flow', 'mode'),
  signal: mostly('sine', 'walk', 'counter', 'setpoint', 'steps', 'pulse', 'follow', 'replay'),
  ...{ unit: mostly('l', '°C', 'bar', 'furlong'), min: mostly(0, -10, 5), max: mostly(10, 5, -1) },
  ...{ period: mostly(...durations), amplitude: mostly(1, -1, 1e300), address: mostly(0, 65_535, 40_001) },
  ...{ type: mostly('Double', 'Boolean', 'float32', 'int16', 'bits'), choices: mostly(['a', 'b'], []) },
}

const device = mapping({
  type: mostly('signals', 'modbus', 'mock-servo', 'serial-line', 'opcua', 'unknown'),
  equipment: mostly(...paths),
  ...{ every: mostly(...durations), timeout: mostly(...durations), enabled: mostly(true, false) },
  retry: mapping({ delay: mostly(...durations), factor: mostly(2, 0, -1), jitter: mostly(0.2, 7) }),
  breaker: mapping({ failures: mostly(5, 0), reset: mostly(...durations), probes: mostly(1, 0) }),
  verify: fc.oneof(fc.boolean(), mapping({ within: mostly('1s'), tags: mostly(['level'], ['x']) })),
  config: mapping({
    tags: fc.array(mapping(tagParts), { maxLength: 3 }),
    registers: fc.array(mapping(tagParts), { maxLength: 3 }),
    ...{
      host: mostly('127.0.0.1', ''),
      port: mostly(502, 70_000),
      url: mostly('opc.tcp://127.0.0.1:1'),
      seed: mostly(7),
    },
  }),
})

const plant = mapping({
  plant: mostly('acme', 'Acme Inc', ''),
  server: mapping({
    ...{ port: mostly(0, 4840, 99_999), name: mostly('Acme'), anonymous: mostly('observe', 'none', 'all') },
    security: mapping({ unsecured: mostly(true, false) }),
    limits: mapping({ sessions: mostly(10, -1, 1e9), connections: mostly(5), nodesPerRead: mostly(0, 1) }),
  }),
  equipment: named(
    paths,
    mapping({ level: mostly('Enterprise', 'Site', 'WorkCenter', 'WorkUnit'), name: mostly('A') }),
  ),
  devices: named(['boiler1', 'plc1', 'a'], device),
  history: mapping({ keepEvents: mostly('1y', '1s') }),
  plugins: mapping({ packages: mostly([], ['x'], ['../x']), allow: mostly({}, { x: 'sha256-x' }) }),
})

const step = mapping({
  function: mostly('moving-average', 'linear-scale', 'expression', 'totalizer', 'TON', 'PID', 'delay', 'unknown'),
  do: mostly('boiler1.home', 'servo1.moveAbsolute', 'x'),
  in: named(['value', 'x', 'position', 'a'], mostly(...wires)),
  config: named(['size', 'gain', 'expression', 'time'], mostly<unknown>(3, 0, 'value * 2', 'a +', '5s', '((((((')),
  after: mostly<unknown>(['a'], ['b'], ['c'], 'a'),
  until: named(['value', 'total'], mapping({ above: mostly<unknown>(3, '$gain'), below: mostly(1) })),
  ...{ timeout: mostly(...durations), onError: mostly<unknown>('fail', 'bad', { fallback: { value: 0 } }) },
  retry: mapping({ attempts: mostly(3, 0, 1e9), delay: mostly(...durations), factor: mostly(2, -2) }),
})

const pipeline = mapping({
  pipeline: mostly('watch', 'other', 'boiler1', 'bad name'),
  equipment: mostly(...paths),
  run: mostly<unknown>(
    'once',
    { every: '100ms' },
    { on: 'change' },
    { cron: '0 6 * * *' },
    { cron: '99 99 * * *' },
    { every: '0s' },
  ),
  start: mostly('auto', 'manual'),
  parameters: named(
    ['gain', 'limit'],
    mapping({
      type: mostly('Double', 'Int16', 'X'),
      default: mostly<unknown>(1, 'x'),
      min: mostly(0),
      max: mostly(-1, 10),
    }),
  ),
  steps: named(['a', 'b', 'c', 'a.b'], step),
  outputs: named(
    ['out', 'level'],
    mapping({
      from: mostly(...wires),
      unit: mostly('l', 'K'),
      alarm: mapping({ high: mostly(5), low: mostly(9) }),
      history: mapping({ keep: mostly('1d'), deadband: mostly(0.1, -1) }),
    }),
  ),
  writes: named(['boiler1.level', 'x'], mapping({ from: mostly(...wires), on: mostly('change', 'wave') })),
  finally: fc.array(step, { maxLength: 2 }),
})

/** Pieces that break or change YAML in interesting ways, somewhere in a text. */
const damage = fc.record({
  at: fc.nat(),
  length: fc.nat(20),
  piece: fc.oneof(
    fc.constantFrom(
      '\t',
      '\n',
      ':',
      '- ',
      '{',
      '[',
      '&a ',
      '*a',
      '"',
      "'",
      '#',
      '---\n',
      '\0',
      '\uFEFF',
      '!!js/function ',
      '<<: ',
      '|',
      '? ',
    ),
    fc.string({ maxLength: 8, unit: 'binary' }),
  ),
})

const damaged = (text: string, { at, length, piece }: { at: number; length: number; piece: string }): string => {
  const start = at % (text.length + 1)
  return text.slice(0, start) + piece + text.slice(start + length)
}

const texts = fc
  .tuple(plant, fc.array(pipeline, { maxLength: 2 }), fc.array(damage, { maxLength: 2 }), fc.boolean())
  .map(([first, others, damages, isDamaged]) => {
    const whole = [first, ...others].map((each) => stringify(each))
    return isDamaged ? whole.map((text) => damages.reduce(damaged, text)) : whole
  })

let catalogue: Promise<Catalogue> | undefined

/** Reads a plant of these texts and throws when it does not hold what is promised of every plant. */
export async function expectReads([plantText = '', ...pipelines]: readonly string[]): Promise<void> {
  catalogue ??= loadCatalogue({ builtIn: builtInPlugins() }).then((loaded) => loaded.catalogue)
  const files = new Map<string, string>([
    ['plant.yaml', plantText],
    ...pipelines.map((text, index): [string, string] => [`pipelines/p${index}.yaml`, text]),
  ])
  const startedMs = performance.now()
  const loaded = await loadPlant('/plant', { texts: files, catalogue: await catalogue, environment: {} })
  if (performance.now() - startedMs > slowMs) throw new Error('it takes too long')
  for (const { code, message, remedy, file, line = 1, column = 1 } of loaded.findings) {
    if (!(code in errorTable)) throw new Error(`the finding ${code} is not in the table`)
    if (message === '' || remedy === '' || line < 1 || column < 1) throw new Error(`a finding of ${file} is empty`)
    if (/undefined|\[object|function \(/.test(message)) throw new Error(`a finding says: ${message}`)
  }
  formatFindings(loaded.findings, loaded.files)
  const hasErrors = loaded.findings.some(({ severity }) => severity === 'error')
  if (!isRunnable(loaded) && !hasErrors) throw new Error('it may not run, and nothing says why')
}

/** Plant and pipeline files. */
export const plants: Target = {
  name: 'plants',
  what: 'plant.yaml and pipelines/*.yaml',
  run: (budget, replay) => checkFor(fc.asyncProperty(texts, expectReads), budget, replay),
}
