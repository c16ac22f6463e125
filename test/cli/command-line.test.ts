import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { exampleOf } from '../../src/cli/describe-plugin.ts'
import { builtInPlugins } from '../../src/package-root.ts'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { parseConfig } from '../../src/plugin/describe.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from '../config/plant-folder.ts'
import { recorded } from './recorded-terminal.ts'

describe('command line', () => {
  after(removePlantFolders)

  it('prints its help and version with exit code 0', async () => {
    const help = await recorded(['--help'])
    expect(help.code).to.equal(0)
    for (const word of ['run', 'validate', 'list', 'describe', 'init', 'plugin', 'history', 'Examples', 'Exit codes'])
      expect(help.out).to.include(word)
    const version = await recorded(['--version'])
    expect(version).to.deep.include({ code: 0, err: '' })
    expect(version.out).to.match(/^\d+\.\d+\.\d+\n$/)
  })

  for (const [args, says] of [
    [['--nonsense'], 'unknown option'],
    [['validate', '--colour'], 'unknown option'],
    [['valdate'], 'did you mean validate?'],
    [['valdate', 'my-plant'], 'did you mean validate?'],
    [['.', 'my-plant'], 'run takes one folder'],
    [['frobnicate'], 'neither a command nor a folder'],
    [['list', 'unts'], 'Allowed choices are'],
    [['describe'], 'missing required argument'],
    [['describe', 'moving-avrage'], 'did you mean moving-average?'],
    [['plugin', 'new', 'x', '--kind', 'gadget'], 'Allowed choices are'],
    [['--port', '65536'], 'a port is a number from 0 to 65535'],
    [['--port', '1e3'], 'a port is a number from 0 to 65535'],
    [['validate', 'a', 'b'], 'too many arguments'],
  ] as const) {
    it(`tells wrong usage with exit code 2: ${args.join(' ')}`, async () => {
      const { code, out, err } = await recorded(args)
      expect(err).to.include(says)
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    })
  }

  it('refuses a port in the environment that is none', async () => {
    const { code, err } = await recorded(['/nowhere/plant'], { MILLRACE_PORT: 'x' })
    expect(code).to.equal(2)
    expect(err).to.include("MILLRACE_PORT is 'x'")
  })

  it('validates a good plant, and writes schemas for editors', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': validPipeline })
    const { code, out, err } = await recorded(['validate', folder])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.equal(`${folder} may run: plant acme with 2 pieces of equipment, 1 device, 1 pipeline\n`)
    expect(existsSync(join(folder, '.millrace', 'pipeline.schema.json'))).to.equal(true)
  })

  it('lets a plant with warnings pass, and tells them', async () => {
    const pipeline = validPipeline.replace('  isHigh: { from: high.result }\n', '')
    const { code, out, err } = await recorded([
      'validate',
      await plantFolder({ 'plant.yaml': validPlant, 'pipelines/w.yaml': pipeline }),
    ])
    expect(code).to.equal(0)
    expect(out).to.include('may run')
    expect(err).to.include('output-unused (warning)').and.include('1 warning\n')
  })

  for (const command of ['validate', 'run']) {
    it(`ends ${command} of a broken plant with exit code 78 and every finding`, async () => {
      const folder = await plantFolder({
        'plant.yaml': validPlant.replace('every', 'evry'),
        'pipelines/w.yaml': validPipeline.replace('GT', 'GTT'),
      })
      const { code, out, err } = await recorded([command, folder])
      expect({ code, out }).to.deep.equal({ code: 78, out: '' })
      expect(err)
        .to.include(`${join(folder, 'plant.yaml')}:10:5 key-unknown`)
        .and.include('did you mean every?')
      expect(err)
        .to.include(`${join(folder, 'pipelines', 'w.yaml')}:13:15 plugin-unknown`)
        .and.include('2 errors\n')
    })
  }

  it('ends with exit code 78 when there is no plant', async () => {
    expect((await recorded(['validate', '/nowhere/plant'])).code).to.equal(78)
    expect((await recorded(['/nowhere/plant'])).code).to.equal(78)
  })

  it('lists what files may name', async () => {
    expect((await recorded(['list', 'devices'])).out).to.match(/^mock-servo +device {2}.*\nmodbus /)
    expect((await recorded(['list', 'functions'])).out)
      .to.include('moving-average')
      .and.not.include('modbus')
    expect((await recorded(['list', 'simulators'])).out).to.match(/^filler-plc /)
    expect((await recorded(['list', 'units'])).out).to.include('m³/h')
    expect((await recorded(['list'])).out).to.match(/modbus +device +built-in/)
  })

  it('tells of a broken plugin beside the plant, and lists the others', async () => {
    const plugin =
      "export default { kind: 'function', type: 'mine', description: 'Mine.', inputs: {}, outputs: {}, compute: () => ({}) }\n"
    const folder = await plantFolder({
      'plant.yaml': validPlant,
      'plugins/mine.js': plugin,
      'plugins/broken.js': 'export default 5\n',
    })
    const { code, out, err } = await recorded(['list', 'plugins', '--plant', folder])
    expect(code).to.equal(0)
    expect(out).to.include(join(folder, 'plugins', 'mine.js'))
    expect(err).to.include('plugin-invalid')
  })

  it('describes ports, configuration, methods and an example', async () => {
    const modbus = await recorded(['describe', 'modbus'])
    expect(modbus.out).to.match(/port +whole number +1 to 65535 +TCP port; 502 when absent/)
    expect(modbus.out).to.match(/registers\[\]\.address +whole number +0 to 465536; required/)
    expect(modbus.out)
      .to.match(/transport: rtu\n/)
      .and.match(/transport: rtu-over-tcp\n/)
      .and.match(/addressing: conventional\n/)
    const servo = await recorded(['describe', 'mock-servo'])
    expect(servo.out)
      .to.match(/Method moveAbsolute\n/)
      .and.match(/in +position +Double +°/)
    expect((await recorded(['describe', 'filler-plc'])).out).to.include('simulator:')
  })

  it('gives an example whose configuration fits, for every plugin that comes along', async () => {
    const { catalogue } = await loadCatalogue({ builtIn: builtInPlugins() })
    for (const { plugin } of catalogue.entries) {
      const { devices, steps } = exampleOf(plugin) as Record<
        string,
        Record<string, Record<string, Record<string, unknown>>>
      >
      const entry = devices?.device1 ?? steps?.step1
      const config = plugin.kind === 'simulator' ? entry?.simulator?.config : entry?.config
      expect(parseConfig(plugin.config, config).issues, plugin.type).to.equal(undefined)
    }
  })

  it('writes a new plant that may run, and never over another', async () => {
    const folder = join(await plantFolder({}), 'My Plant!')
    expect((await recorded(['init', folder])).code).to.equal(0)
    const text = await readFile(join(folder, 'plant.yaml'), 'utf8')
    expect(parse(text)).to.deep.include({ plant: 'My-Plant' })
    expect(await recorded(['validate', folder])).to.deep.include({ code: 0, err: '' })
    const again = await recorded(['init', folder])
    expect(again.code).to.equal(1)
    expect(again.err).to.include('folder-not-empty').and.include('remedy: ')
    expect(await readFile(join(folder, 'plant.yaml'), 'utf8')).to.equal(text)
  })

  it('writes nothing of a new plant when one of its files exists', async () => {
    const folder = await plantFolder({ 'README.md': 'mine' })
    expect((await recorded(['init', folder])).code).to.equal(1)
    expect(existsSync(join(folder, 'plant.yaml'))).to.equal(false)
  })

  it('tells when a new plant cannot be written', async () => {
    const folder = await plantFolder({ file: '' })
    const { code, err } = await recorded(['init', join(folder, 'file', 'plant')])
    expect(code).to.equal(69)
    expect(err).to.include('file-unreadable')
  })

  for (const kind of ['device', 'function', 'block', 'operator']) {
    it(`writes a first ${kind} that is found and described`, async () => {
      const folder = await plantFolder({ 'plant.yaml': validPlant })
      expect((await recorded(['plugin', 'new', 'mine', '--kind', kind, '--plant', folder])).code).to.equal(0)
      const { out, err } = await recorded(['describe', 'mine', '--plant', folder])
      expect(err).to.equal('')
      expect(out).to.include(`mine (${kind})`)
    })
  }

  it("runs the tests of a plant's plugins and fails with them", async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant })
    const test = ['plugin', 'test', '--plant', folder, '--report', join(folder, 'report')]
    const wrong = "import { test } from 'node:test'\ntest('fails', () => { throw new Error('no') })\n"
    expect((await recorded(test)).code).to.equal(0)
    await mkdir(join(folder, 'plugins'))
    await writeFile(join(folder, 'plugins', 'mine.test.ts'), wrong)
    expect((await recorded(test)).code).to.equal(1)
    expect(await readFile(join(folder, 'report'), 'utf8')).to.include('fails')
  })
})
