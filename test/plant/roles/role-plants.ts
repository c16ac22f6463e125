import { AttributeIds } from 'node-opcua'
import { until } from '../../kit/demo-plant.ts'
import { login, password, startUserPlant, type UserPlant } from '../../kit/user-plant.ts'
import type { Client } from '../../opcua/bench.ts'
import { scaling } from '../change-plants.ts'
import { type Column, columns } from './matrix.ts'

const plantText = (anonymous: string): string => `plant: line
server:
  port: 0
  anonymous: ${anonymous}
  security: { unsecured: true }
  limits: { nodesPerBrowse: 1000, methodsPerCall: 1000, nodesPerHistoryReadData: 1000, nodesPerHistoryReadEvents: 1000 }
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

/** The same plant once for each setting of `anonymous`, and a client for each column of the matrix. */
export interface RolePlants {
  readonly clients: ReadonlyMap<Column, Client>
  /** An operator of each plant, who makes things happen. */
  readonly writers: readonly Client[]
  stop(): Promise<void>
}

/** Starts the plants, and lets everybody log in. */
export async function startRolePlants(): Promise<RolePlants> {
  const plants: UserPlant[] = []
  const clients = new Map<Column, Client>()
  const writers: Client[] = []
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
  return {
    clients,
    writers,
    async stop() {
      for (const plant of plants) await plant.stop()
    },
  }
}
