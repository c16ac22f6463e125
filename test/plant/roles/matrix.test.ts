import { expect } from 'chai'
import { AttributeIds, DataType } from 'node-opcua'
import type { RolePermissionType } from 'node-opcua-types'
import { until } from '../../kit/demo-plant.ts'
import { type EventListener, listen } from '../../opcua/event-listener.ts'
import { attempts, type Tried } from './attempts.ts'
import { type Cell, type Column, columns, matrix } from './matrix.ts'
import { type RolePlants, startRolePlants } from './role-plants.ts'

/** What there is in the matrix, and what clients have found: rows as `cell: column column ...`. */
const rowOf = (cell: string, may: readonly string[]): string =>
  `${cell}: ${columns.filter((each) => may.includes(each)).join(' ')}`

describe('roles × services × node classes (information model, section 5.8)', function () {
  this.timeout(240_000)
  let plants: RolePlants
  let clients: RolePlants['clients']

  before(async () => {
    plants = await startRolePlants()
    clients = plants.clients
  })
  after(() => plants.stop())

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
      for (const writer of plants.writers)
        await writer.write('dev/boiler1.setpoint', { dataType: DataType.Double, value: 40 })
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
