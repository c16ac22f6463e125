import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { canDownload, npmCommand, npmEnvironment } from '../../.launcher/npm.mjs'

describe('npm', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-npm-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  function file(path: string): string {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), '')
    return join(folder, path)
  }

  describe('npmCommand', () => {
    it('takes the npm that started this process, with the Node.js that runs it', () => {
      const npm_execpath = file('npm/bin/npm-cli.js')
      const npm_node_execpath = file('old/node')
      const command = npmCommand({ npm_execpath, npm_node_execpath }, '/elsewhere/node')
      expect(command).to.deep.equal({ command: npm_node_execpath, args: [npm_execpath] })
    })

    it('takes the npm beside the npx that started this process', () => {
      const npm = file('npm/bin/npm-cli.js')
      const command = npmCommand({ npm_execpath: file('npm/bin/npx-cli.js') }, '/elsewhere/node')
      expect(command).to.deep.equal({ command: '/elsewhere/node', args: [npm] })
    })

    it('does not take another package manager for npm', () => {
      const command = npmCommand({ npm_execpath: file('yarn/bin/yarn.js') }, join(folder, 'bin', 'node'))
      expect(command.args).to.deep.equal([])
    })

    it('takes the npm of this Node.js, when none started it', () => {
      const execPath = file('node/bin/node')
      expect(npmCommand({}, execPath).args).to.deep.equal([])
      const npm = file('node/lib/node_modules/npm/bin/npm-cli.js')
      expect(npmCommand({}, execPath)).to.deep.equal({ command: execPath, args: [npm] })
    })
  })

  describe('npmEnvironment', () => {
    it('gives the compiler the headers of the bundled Node.js, when it brought some along', () => {
      expect(npmEnvironment({ npm_config_nodedir: '/usr' }, { bundled: folder }).npm_config_nodedir).to.equal('/usr')
      file('include/node/node.h')
      expect(npmEnvironment({ npm_config_nodedir: '/usr' }, { bundled: folder }).npm_config_nodedir).to.equal(folder)
    })

    it('makes the compiler quick, unless somebody wants other flags', () => {
      expect(npmEnvironment({})).to.include({ CFLAGS: '-O1', CXXFLAGS: '-O1' })
      expect(npmEnvironment({ CFLAGS: '-O3' })).to.include({ CFLAGS: '-O3', CXXFLAGS: '-O1' })
    })

    it('keeps what npm needs to know, and drops what would make it leave packages out', () => {
      const env = { NODE_ENV: 'production', npm_config_omit: 'dev', npm_config_workspace: 'x', npm_config_cafile: 'f' }
      const result = npmEnvironment(env)
      expect(result).to.include({ NODE_ENV: '', npm_config_cafile: 'f' })
      expect(result).to.not.have.any.keys('npm_config_omit', 'npm_config_workspace', 'npm_config_build_from_source')
      expect(npmEnvironment({}, { fromSource: true })).to.include({ npm_config_build_from_source: 'sqlite3' })
    })
  })

  describe('canDownload', () => {
    it('is true, when the host answers or a proxy is configured', async () => {
      const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      expect(await canDownload({}, { host: '127.0.0.1', port })).to.equal(true)
      server.close()
      await once(server, 'close')
      expect(await canDownload({}, { host: '127.0.0.1', port })).to.equal(false)
      expect(await canDownload({ HTTPS_PROXY: 'http://127.0.0.1:9' }, { host: '127.0.0.1', port })).to.equal(true)
      expect(await canDownload({ npm_config_offline: 'true', HTTPS_PROXY: 'http://127.0.0.1:9' })).to.equal(false)
    })
  })
})
