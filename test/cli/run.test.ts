import { join } from 'node:path'
import { expect } from 'chai'
import { bannerOf } from '../../src/cli/banner.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { type PlantStart, run, type StartPlant } from '../../src/cli/run.ts'
import { MillraceError } from '../../src/model/errors.ts'
import { demoFolder, packageRoot } from '../../src/package-root.ts'
import { plantFolder, removePlantFolders, validPlant } from '../config/plant-folder.ts'
import { recordedTerminal } from './recorded-terminal.ts'

/** A way to start that remembers what it was given. */
function recordingStart() {
  const calls: PlantStart[] = []
  const events: string[] = []
  const startPlant: StartPlant = async (start) => {
    calls.push(start)
    events.push('started')
    return {
      urls: [`opc.tcp://localhost:${start.port}`],
      access: ['look'],
      reload: async (initiator) => void events.push(`reloaded by ${initiator}`),
      stop: async () => void events.push('stopped'),
    }
  }
  return { calls, events, startPlant, stopped: async () => void events.push('signalled') }
}

const quiet = { logLevel: 'silent' } as const

describe('run', () => {
  after(removePlantFolders)

  it('starts a plant with the port of its file and folders beside it, tells where it is, and stops it', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant.replace('port: 0', 'port: 4841') })
    const surroundings = recordingStart()
    const terminal = recordedTerminal()
    expect(await run(folder, quiet, terminal, surroundings)).to.equal(0)
    const [start] = surroundings.calls
    expect(start).to.deep.include({
      folder,
      port: 4841,
      dataFolder: join(folder, 'data'),
      certificatesFolder: join(packageRoot, 'certificates'),
    })
    expect(start?.plant.definition.plant).to.equal('acme')
    expect(surroundings.events).to.deep.equal(['signalled', 'started', 'stopped'])
    expect(terminal.written.out).to.include('opc.tcp://localhost:4841').and.include('look').and.include('Ctrl-C')
  })

  it('puts options before the file', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant })
    const surroundings = recordingStart()
    await run(folder, { ...quiet, port: 4842, data: '/d', certificates: '/c' }, recordedTerminal(), surroundings)
    expect(surroundings.calls[0]).to.deep.include({ port: 4842, dataFolder: '/d', certificatesFolder: '/c' })
  })

  it('runs the demo plant when no folder is named', async () => {
    const surroundings = recordingStart()
    const terminal = recordedTerminal()
    expect(await run(undefined, quiet, terminal, surroundings)).to.equal(0)
    expect(surroundings.calls[0]).to.deep.include({ folder: demoFolder(), dataFolder: join(packageRoot, 'data') })
    expect(terminal.written.out).to.include('demo plant').and.include('millrace init my-plant')
  })

  it('starts nothing of a broken plant', async () => {
    const surroundings = recordingStart()
    expect(await run(await plantFolder({}), quiet, recordedTerminal(), surroundings)).to.equal(78)
    expect(surroundings.events).to.deep.equal([])
  })

  it('tells a port in use by its code, and passes on other errors', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant })
    const failing = (error: Error) =>
      run(folder, quiet, recordedTerminal(), { startPlant: () => Promise.reject(error), stopped: async () => {} }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    const inUse = await failing(Object.assign(new Error('listen'), { code: 'EADDRINUSE' }))
    expect(inUse).to.include({ code: 'port-in-use', message: 'port 0 is in use' })
    expect(exitCodeOf(inUse)).to.equal(69)
    const other = new MillraceError('certificate-unusable', 'x')
    expect(await failing(other)).to.equal(other)
    expect(exitCodeOf(other)).to.equal(69)
    expect(exitCodeOf(new MillraceError('folder-not-empty', 'x'))).to.equal(1)
    expect(exitCodeOf(new Error('x'))).to.equal(1)
  })
})

describe('banner', () => {
  it('says what may be done without a login, also when that is nothing, and three things to type', () => {
    const banner = bannerOf(
      { plant: 'acme', isDemo: false, urls: ['opc.tcp://a:1', 'opc.tcp://b:1'], access: [] },
      { invocation: 'npm start --' },
    )
    expect(banner).to.include('opc.tcp://a:1').and.include('opc.tcp://b:1').and.include('nothing')
    expect(banner.match(/npm start --/g)).to.have.length(3)
  })

  it('shows a login that was made at this start', () => {
    const facts = { plant: 'acme', isDemo: false, urls: ['opc.tcp://a:1'], access: [] }
    const firstLogin = { user: 'admin', password: 'abcde-fghij' }
    const shown = bannerOf({ ...facts, firstLogin }, { invocation: 'millrace' })
    expect(shown).to.match(/user +admin\n +password +abcde-fghij\n/)
    expect(shown).to.include('millrace user passwd admin')
    expect(bannerOf(facts, { invocation: 'millrace' })).not.to.include('password')
  })

  it('reads the files again at each hangup until it is told to stop, and watches them unless told otherwise', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant })
    const { calls, events, startPlant } = recordingStart()
    let hangup = (): void => {}
    let forgotten = 0
    const surroundings = {
      startPlant,
      stopped: async () => hangup(),
      onHangup(callback: () => void) {
        hangup = callback
        return () => void forgotten++
      },
    }
    await run(folder, quiet, recordedTerminal(), { ...surroundings, stopped: async () => {} })
    hangup()
    await run(folder, { ...quiet, watch: false }, recordedTerminal(), { ...surroundings, stopped: async () => {} })
    expect(events).to.deep.equal(['started', 'stopped', 'reloaded by SIGHUP', 'started', 'stopped'])
    expect(calls.map(({ watchFiles }) => watchFiles)).to.deep.equal([true, false])
    expect(forgotten).to.equal(2)
  })
})
