import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPlant } from '../../src/config/read-plant.ts'
import { defaultCertificateRules } from '../../src/model/certificate-rules.ts'
import { defaultLimits } from '../../src/model/limits.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from './plant-folder.ts'

const read = async (files: Record<string, string | Uint8Array>) =>
  readPlant(await plantFolder(files), { environment: {} })
const codes = ({ findings }: { findings: readonly { code: string }[] }) => findings.map(({ code }) => code)

const fill = `pipeline: fill
name: Fill one bottle
equipment: Acme/Line1
run: once
parameters:
  targetVolume: { type: Double, unit: l, default: 10, fixed: true }
  serial: { type: Int64, default: '9007199254740993' }
steps:
  home: { do: servo1.home, timeout: 10s, retry: { attempts: 3, delay: 500ms, factor: 2 } }
  mode: { function: SEL, in: { g: true, in0: { value: auto }, in1: [1, 2], k: -1.5 } }
  volume:
    function: totalizer
    in: { value: plc1.flow }
    until: { total: { above: $targetVolume, below: 100 } }
    after: [home]
    onError: { fallback: { total: 0 } }
outputs:
  filled: { from: volume.total, history: {} }
writes:
  plc1.valve: { from: volume.total }
finally:
  - { do: servo1.moveAbsolute, in: { position: 0 } }
  - { id: off, do: servo1.power }
`

describe('read plant', () => {
  after(removePlantFolders)

  it('makes a definition of a whole plant, with durations in milliseconds and every default', async () => {
    const { definition, findings } = await read({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': validPipeline })
    expect(findings).to.deep.equal([])
    expect(definition?.server).to.deep.equal({
      port: 0,
      name: 'Acme',
      bind: '127.0.0.1',
      anonymous: 'none',
      allowUnsecured: false,
      certificates: defaultCertificateRules,
      limits: defaultLimits,
    })
    expect(definition?.equipment[1]).to.deep.equal({
      path: 'Acme/Line1',
      level: 'WorkCenter',
      name: 'Line 1',
      description: '',
    })
    expect(definition?.devices[0]).to.deep.include({
      id: 'plc1',
      everyMs: 500,
      timeoutMs: 2000,
      holdLastMs: 0,
      enabled: true,
    })
    expect(definition?.devices[0]?.retry).to.deep.equal({
      attempts: 1,
      delayMs: 1000,
      factor: 2,
      jitter: 0.2,
      maxDelayMs: 10_000,
    })
    expect(definition?.devices[0]?.breaker).to.deep.equal({ failures: 5, resetMs: 30_000, probes: 1 })
    expect(definition?.pipelines[0]).to.deep.include({
      trigger: { kind: 'every', periodMs: 100 },
      overlap: 'skip',
      autoStart: true,
      restart: 'resume',
      stepEvents: false,
    })
    expect(definition?.pipelines[0]?.outputs[0]).to.deep.include({
      history: { keepMs: 7_776_000_000, deadband: 0.2 },
      alarm: { low: 5, high: 45 },
    })
  })

  it('reads every form of a pipeline', async () => {
    const { definition, findings } = await read({ 'plant.yaml': validPlant, 'pipelines/fill.yaml': fill })
    expect(findings).to.deep.equal([])
    const pipeline = definition?.pipelines[0]
    expect(pipeline).to.deep.include({
      trigger: { kind: 'once' },
      autoStart: false,
      restart: 'ready',
      stepEvents: true,
      overlap: 'skip',
    })
    expect(pipeline?.parameters.map(({ default: value }) => value)).to.deep.equal([10, 9007199254740993n])
    const [home, mode, volume] = pipeline?.steps ?? []
    expect(home).to.deep.include({ kind: 'method', device: 'servo1', method: 'home', timeoutMs: 10_000 })
    expect(home?.retry).to.deep.equal({ attempts: 3, delayMs: 500, factor: 2, jitter: 0, maxDelayMs: 60_000 })
    expect(mode?.in).to.deep.equal({
      g: { kind: 'literal', value: true },
      in0: { kind: 'literal', value: 'auto' },
      in1: { kind: 'literal', value: [1, 2] },
      k: { kind: 'literal', value: -1.5 },
    })
    expect(volume?.in).to.deep.equal({ value: { kind: 'wire', owner: 'plc1', port: 'flow' } })
    expect(volume?.until).to.deep.equal([
      { port: 'total', is: 'above', source: { kind: 'parameter', name: 'targetVolume' } },
      { port: 'total', is: 'below', source: { kind: 'literal', value: 100 } },
    ])
    expect(volume?.onError).to.deep.equal({ kind: 'fallback', values: { total: 0 } })
    expect(pipeline?.writes).to.deep.equal([
      { owner: 'plc1', port: 'valve', from: { kind: 'wire', owner: 'volume', port: 'total' }, on: 'change' },
    ])
    expect(pipeline?.finally.map(({ id }) => id)).to.deep.equal(['finally1', 'off'])
    expect(pipeline?.outputs[0]?.history).to.deep.equal({ keepMs: 7_776_000_000, deadband: 0 })
  })

  for (const [run, expected] of [
    ['', { trigger: { kind: 'change' }, overlap: 'queue', queueLengthMax: 1 }],
    ['run: { on: change }', { trigger: { kind: 'change' } }],
    [
      "run: { cron: '0 6 * * *', timezone: Europe/Berlin }",
      { trigger: { kind: 'cron', pattern: '0 6 * * *', timezone: 'Europe/Berlin' } },
    ],
    [
      'run: { every: 1s }\noverlap: queue\nqueue: 5\nstart: manual\nrestart: halted\nevents: { steps: true }',
      { overlap: 'queue', queueLengthMax: 5, autoStart: false, restart: 'halted', stepEvents: true },
    ],
  ] as const) {
    it(`reads the trigger ${run || 'that is not written'}`, async () => {
      const { definition, findings } = await read({
        'plant.yaml': validPlant,
        'pipelines/w.yaml': validPipeline.replace('run: { every: 100ms }', run),
      })
      expect(findings).to.deep.equal([])
      expect(definition?.pipelines[0]).to.deep.include(expected)
    })
  }

  it('reads JSON as well, and takes empty sections as absent', async () => {
    const json = JSON.stringify({ plant: 'acme', equipment: { Acme: { level: 'Enterprise' } } }, null, '\t')
    expect((await read({ 'plant.json': json })).definition).to.deep.include({ plant: 'acme', devices: [] })
    expect(codes(await read({ 'plant.yaml': 'plant: acme\ndevices:\nequipment:\n' }))).to.deep.equal([])
  })

  it('skips tests of users, hidden files and other files among the pipelines', async () => {
    const { definition } = await read({
      'plant.yaml': validPlant,
      'pipelines/w.test.yaml': '[',
      'pipelines/.w.yaml': '[',
      'pipelines/w.txt': '[',
    })
    expect(definition?.pipelines).to.deep.equal([])
  })

  for (const [what, content, code] of [
    ['is larger than 1 MiB', Buffer.alloc(1_048_577, 0x20), 'file-too-large'],
    ['is not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xc3, 0x28]), 'yaml-invalid'],
    ['is UTF-16', Buffer.from('\uFEFFplant: a', 'utf16le'), 'yaml-invalid'],
    ['is empty', '', 'value-invalid'],
    ['is a list', '- a', 'value-invalid'],
    ['is a text', 'hello', 'value-invalid'],
  ] as const) {
    it(`finds one thing when the plant file ${what}`, async () => {
      const reading = await read({ 'plant.yaml': content })
      expect(codes(reading)).to.deep.equal([code])
      expect(reading.definition).to.equal(undefined)
    })
  }

  it('takes a byte order mark off', async () => {
    expect(codes(await read({ 'plant.yaml': Buffer.from('\uFEFFplant: acme') }))).to.deep.equal([])
  })

  it('tells when there is no folder, no plant file, two of them, or something that is no file', async () => {
    const empty = await plantFolder({})
    expect(codes(await readPlant(join(empty, 'nothing'), { environment: {} }))).to.deep.equal(['file-unreadable'])
    expect(codes(await readPlant(empty, { environment: {} }))).to.deep.equal(['file-unreadable'])
    expect(codes(await read({ 'plant.yaml': 'plant: a', 'plant.json': '{}' }))).to.deep.equal(['name-duplicate'])
    const odd = await plantFolder({ 'plant.yaml/x': '', pipelines: 'a file' })
    expect(codes(await readPlant(odd, { environment: {} }))).to.deep.equal(['file-unreadable', 'file-unreadable'])
    const dangling = await plantFolder({})
    await mkdir(join(dangling, 'pipelines'))
    await symlink('/nowhere', join(dangling, 'pipelines', 'a.yaml'))
    expect(codes(await readPlant(dangling, { environment: {} }))).to.deep.equal(['file-unreadable', 'file-unreadable'])
  })

  it('limits how many findings one file brings', async () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `key${index}: 1`).join('\n')
    expect((await read({ 'plant.yaml': `plant: a\n${keys}` })).findings).to.have.length(100)
  })

  it('checks the rest of a file when a part of it is misshapen', async () => {
    const pipeline = validPipeline
      .replace('equipment: Acme/Line1\n', '')
      .replace('low: 5,', 'low: 50,')
      .replace('pipeline: watch', 'pipeline: [1]')
    const { definition, findings, breakage } = await read({ 'plant.yaml': validPlant, 'pipelines/w.yaml': pipeline })
    expect(findings.map(({ code, path }) => [code, path.join('.')])).to.deep.equal([
      ['value-invalid', 'pipeline'],
      ['key-missing', 'equipment'],
      ['value-out-of-range', 'outputs.level.alarm.low'],
    ])
    expect(definition?.pipelines[0]?.id).to.equal('w')
    expect(breakage.owners.has('w')).to.equal(true)
  })
})
