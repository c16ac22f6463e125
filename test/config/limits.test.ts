import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { writeDuration } from '../../src/config/duration.ts'
import { plantJsonSchema } from '../../src/config/json-schema.ts'
import { loadPlant } from '../../src/load-plant.ts'
import { defaultLimits, type LimitName, limitNames, limitsWith, limitTable } from '../../src/model/limits.ts'
import { plantFolder, removePlantFolders, validPlant } from './plant-folder.ts'

const readme = readFileSync(join(resolve(import.meta.dirname, '../..'), 'README.md'), 'utf8')

async function read(limits: string) {
  const text = validPlant.replace('server: { port: 0, name: Acme }', `server:\n  port: 0\n  limits:\n${limits}`)
  const { definition, findings } = await loadPlant(await plantFolder({ 'plant.yaml': text }))
  const errors = findings.map(({ code, line, message, remedy }) => `${code} ${line} ${message}; ${remedy}`)
  return { limits: definition?.server.limits, errors }
}

describe('limits in a plant file', () => {
  after(removePlantFolders)

  it('are those of the table, when the file says nothing', async () => {
    const { definition } = await loadPlant(await plantFolder({ 'plant.yaml': validPlant }))
    expect(definition?.server.limits).to.deep.equal(defaultLimits)
  })

  it('are what the file chooses, and the others follow what bounds them', async () => {
    const { limits, errors } = await read('    sessions: 10\n    messageBytes: 1000000\n    nodesPerRead: 77\n')
    expect(errors).to.deep.equal([])
    expect(limits).to.deep.equal(
      limitsWith({ sessions: 10, messageBytes: 1_000_000, nodesPerRead: 77, stringLength: 1_000_000 }),
    )
    expect(limits).to.include({ sessionsPerUser: 10, byteStringLength: 1_000_000, connections: 100 })
  })

  it('are told of with line and remedy, when one is out of its range, unknown, or no number', async () => {
    const { errors } = await read('    sessions: 2\n    sesions: 10\n    nesting: deep\n    arrayLength: 1e9\n')
    expect(errors).to.deep.equal([
      'value-out-of-range 5 server.limits.sessions is 2; it takes at least 3; give at least 3',
      'key-unknown 6 "sesions" is not a key of server.limits; did you mean sessions?',
      'value-invalid 7 server.limits.nesting is "deep"; a whole number is expected; give a whole number',
      'value-out-of-range 8 server.limits.arrayLength is 1000000000; it takes at most 10000000; give at most 10000000',
    ])
  })

  it('are durations, where they are times', async () => {
    const { limits, errors } = await read('    sessionTimeout: 5m\n    idleTimeout: 1.5m\n')
    expect(errors).to.deep.equal([])
    expect(limits).to.include({ sessionTimeout: 300_000, idleTimeout: 90_000, handshakeTimeout: 10_000 })
    const { errors: wrong } = await read('    sessionTimeout: 2h\n    idleTimeout: 60\n    handshakeTimeout: 10ms\n')
    expect(wrong).to.deep.equal([
      'value-invalid 5 server.limits.sessionTimeout is "2h"; a duration from 10s to 50m is expected; give a duration from 10s to 50m',
      'value-invalid 6 server.limits.idleTimeout is 60; a duration with its unit, such as 500ms, 1s, 5m or 90d, is expected; give a duration with its unit, such as 500ms, 1s, 5m or 90d',
      'value-invalid 7 server.limits.handshakeTimeout is "10ms"; a duration from 1s to 2m is expected; give a duration from 1s to 2m',
    ])
  })

  it('are told of, when one can never be reached because another is smaller', async () => {
    const { errors } = await read('    sessionsPerUser: 60\n    sessionsReserved: 50\n')
    expect(errors).to.deep.equal([
      'value-out-of-range 5 server.limits.sessionsPerUser is 60, but sessions allows 50 at most; give at most 50, or raise sessions',
      'value-out-of-range 6 server.limits.sessionsReserved is 50, but sessions allows 49 at most; give at most 49, or raise sessions',
    ])
  })

  it('are known to editors, with default and range', () => {
    const schema = plantJsonSchema({ entries: [] }) as { properties: { server: { properties: { limits: never } } } }
    const { properties } = schema.properties.server.properties.limits as { properties: Record<string, Entry> }
    expect(Object.keys(properties)).to.deep.equal(limitNames)
    expect(properties.nesting?.description).to.match(/; 128 when absent/)
    expect(properties.nesting?.anyOf[0]).to.include({ type: 'integer', minimum: 100, maximum: 400 })
  })

  it('stand in README.md with key, default and answer, and no other', () => {
    const table = readme.slice(readme.indexOf('### Limits'), readme.indexOf('## Speed'))
    const rows = [...table.matchAll(/^\| (.+?) \| `(\w+)` \| ([\d ]+|\d+[smh]) \| `?(.+?)`? \|$/gm)]
    const found = rows.map(([, description, name, value, answer]) => [name, description, value, answer])
    expect(found).to.deep.equal(
      limitNames.map((name) => [name, limitTable[name].description, shown(name), limitTable[name].answer]),
    )
  })
})

interface Entry {
  readonly description: string
  readonly anyOf: readonly object[]
}

function shown(name: LimitName): string {
  if (limitTable[name].isTime) return writeDuration(limitTable[name].value)
  return String(limitTable[name].value).replace(/\B(?=(\d{3})+$)/g, ' ')
}
