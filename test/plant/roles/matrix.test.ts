import { expect } from 'chai'
import { AttributeIds, DataType } from 'node-opcua'
import type { RolePermissionType } from 'node-opcua-types'
import { until } from '../../kit/demo-plant.ts'
import { login, password, startUserPlant, type UserPlant } from '../../kit/user-plant.ts'
import type { Client } from '../../opcua/bench.ts'
import { type EventListener, listen } from '../../opcua/event-listener.ts'
import { scaling } from '../change-plants.ts'
import { attempts, type Tried } from './attempts.ts'
import { type Cell, type Column, columns, matrix } from './matrix.ts'

const plantText = (anonymous: string): string => `plant: line
server: { port: 0, anonymous: ${anonymous}, security: { unsecured: true } }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkCenter }
devices:
  boiler1:
    type: signals
    equipment: Acme/Line1
    every: 50ms
    config:
      tags:
        - { name: level, signal: walk, unit: '%', min: 0, max: 100, offset: 50, amplitude: 45, period: 1s }
        - { name: setpoint, signal: setpoint, value: 20, min: 0, max: 100 }
`
const pipeline = scaling({
  ...{ servo: 'boiler1', outputs: 'scaled: { from: scaled.scaled, min: 0, max: 1000, history: { keep: 1d } }' },
  parameters: 'parameters: { limit: { type: Double, min: 0, max: 10, default: 1 } }',
})
  .replace('boiler1.position', 'boiler1.level')
  .replace(', unit: mm', '')

const anonymousColumns = ['none', 'observe', 'operate'] as const
const userColumns = columns.filter((column) => !(anonymousColumns as readonly string[]).includes(column))

/** What there is in the matrix, and what clients have found: rows as `cell: column column ...`. */
const rowOf = (cell: string, may: readonly string[]): string =>
  `${cell}: ${columns.filter((each) => may.includes(each)).join(' ')}`

describe('roles × services × node classes (information model, section 5.8)', function () {
  this.timeout(240_000)
  const plants: UserPlant[] = []
  const clients = new Map<Column, Client>()
  /** An operator of each plant, who makes things happen. */
  const writers: Client[] = []

  before(async () => {
    for (const anonymous of anonymousColumns) {
      const users = anonymous === 'none' ? userColumns : []
      const plant = await startUserPlant({ 'plant.yaml': plantText(anonymous), 'pipelines/scale.yaml': pipeline }, [
        ...users.map((name) => ({ name, password, roles: name === 'nobody' ? [] : [name] })),
        { name: 'writer', password, roles: ['Operator'] },
      ])
      plants.push(plant)
      clients.set(anonymous, await plant.secure())
      writers.push(await plant.secure(login('writer')))
      for (const name of users) clients.set(name, await plant.secure(login(name)))
    }
    const { id, session } = clients.get('ConfigureAdmin')!
    await until('there is a history', async () => {
      const value = await session.read({ nodeId: id('pipe/scale.Outputs.scaled'), attributeId: AttributeIds.Value })
      return value.statusCode.isGood()
    })
  })
  after(async () => {
    for (const plant of plants) await plant.stop()
  })

  for (const cell of Object.keys(attempts) as Tried[]) {
    it(`${cell}: ${matrix[cell].join(', ') || 'nobody'}`, async () => {
      const may: Column[] = []
      for (const [column, client] of clients) if (await attempts[cell](client)) may.push(column)
      expect(rowOf(cell, may)).to.equal(rowOf(cell, matrix[cell]))
    })
  }

  it('events and audit events: who hears what of a write', async () => {
    const heardBy = new Map<Cell, Column[]>()
    for (const [place, nodeId] of [
      ['Object', 'eq/Acme/Line1'],
      ['the server', 'i=2253'],
    ] as const) {
      const listeners = new Map<Column, EventListener>()
      for (const [column, client] of clients) {
        const source = nodeId.startsWith('i=') ? nodeId : client.id(nodeId)
        const listener = await listen(client, source, { fields: ['8:Tag', 'AttributeId'] }).catch(() => undefined)
        if (listener) listeners.set(column, listener)
      }
      // A write is an event of the device, and an audit event.
      for (const writer of writers) await writer.write('dev/boiler1.setpoint', { dataType: DataType.Double, value: 40 })
      const hears = (column: Column, field: 'Tag' | 'AttributeId'): boolean =>
        listeners.get(column)?.heard.some((event) => event[field] !== null) === true
      await until('whoever may has heard of it', () =>
        [
          ...matrix[`Events of ${place}`].map((column) => hears(column, 'Tag')),
          ...matrix[`Audit events of ${place}`].map((column) => hears(column, 'AttributeId')),
        ].every(Boolean),
      )
      // And whoever may not has had as long to hear of it too.
      await new Promise((resolve) => setTimeout(resolve, 300))
      for (const [column, { heard }] of listeners) {
        if (heard.some(({ Tag }) => Tag !== null))
          heardBy.set(`Events of ${place}`, [...(heardBy.get(`Events of ${place}`) ?? []), column])
        if (heard.some(({ AttributeId }) => AttributeId !== null))
          heardBy.set(`Audit events of ${place}`, [...(heardBy.get(`Audit events of ${place}`) ?? []), column])
      }
      for (const listener of listeners.values()) await listener.stop()
    }
    const cells = [
      'Events of Object',
      'Audit events of Object',
      'Events of the server',
      'Audit events of the server',
    ] as const
    for (const cell of cells) expect(rowOf(cell, heardBy.get(cell) ?? [])).to.equal(rowOf(cell, matrix[cell]))
  })

  it('has tried every cell of the table', () => {
    const cells = Object.keys(matrix).filter((cell) => !/^(Events|Audit events) /.test(cell))
    expect(Object.keys(attempts).sort()).to.deep.equal(cells.sort())
    expect([...clients.keys()].sort()).to.deep.equal([...columns].sort())
  })

  it('RolePermissions and UserRolePermissions say what is enforced, also where a namespace says it', async () => {
    const { session, id } = clients.get('ConfigureAdmin')!
    const nodeId = id('dev/boiler1.setpoint')
    const all = await session.read({ nodeId, attributeId: AttributeIds.RolePermissions })
    const permissions = all.value.value as RolePermissionType[]
    const flagsOf = (role: string) => permissions.find(({ roleId }) => roleId.toString().includes(role))?.permissions
    expect(flagsOf('i=15668'), 'an Observer does not write').to.satisfy(
      (flags: number) => (flags & 64) === 0 && (flags & 32) !== 0,
    )
    expect(flagsOf('i=15680'), 'an Operator writes').to.satisfy((flags: number) => (flags & 64) !== 0)
    const observer = clients.get('Observer')!
    const own = await observer.session.read({ nodeId, attributeId: AttributeIds.UserRolePermissions })
    expect((own.value.value as RolePermissionType[]).map(({ roleId }) => roleId.toString())).to.deep.equal([
      'ns=0;i=15668',
    ])
  })
})
