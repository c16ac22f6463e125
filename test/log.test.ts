import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { createLog, type LogOptions } from '../src/log.ts'
import { plantFolder, removePlantFolders } from './config/plant-folder.ts'

describe('log', () => {
  after(removePlantFolders)

  const linesOf = async (options: LogOptions): Promise<string[]> => {
    const file = join(await plantFolder({}), 'log')
    const target = openSync(file, 'w')
    const log = createLog({ ...options, target }).child({ device: 'plc1' })
    log.debug('a sample')
    log.warn({ password: 'geheim', user: { token: 'geheim' } }, 'is slow')
    closeSync(target)
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  }

  it('writes JSON lines into a pipe, at once and without secrets', async () => {
    const lines = await linesOf({ isTerminal: false })
    expect(lines).to.have.length(1)
    expect(JSON.parse(lines[0] ?? '')).to.deep.include({
      level: 40,
      device: 'plc1',
      msg: 'is slow',
      password: '(hidden)',
    })
    expect(lines.join()).to.not.include('geheim')
  })

  it('writes for people on a terminal', async () => {
    const text = stripVTControlCharacters((await linesOf({ isTerminal: true, level: 'debug' })).join('\n'))
    expect(text).to.include('a sample').and.include('WARN').and.include('is slow').and.not.include('geheim')
  })

  it('is silent when told so', async () => {
    expect(await linesOf({ isTerminal: false, level: 'silent' })).to.deep.equal([])
  })
})
