import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AddressSpace,
  type BaseNode,
  DataType,
  type DataValue,
  makePermissionFlag,
  NodeClass,
  OPCUAServer,
  Range,
  type UAVariable,
  WellKnownRoles,
} from 'node-opcua'
import { bad, good } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import { listedCount } from '../../../src/opcua/hot/harvest.ts'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { startServer } from '../../../src/opcua/server.ts'
import { everyType, HandMadePlant } from '../hand-made-plant.ts'

/** How a server is started; two with the same arrangement have the same nodes that show the same. */
export interface ServedOptions {
  readonly isHot: boolean
  /** Certificates of clients that are trusted from the start, as files. */
  readonly trusted: readonly string[]
}

/** A served plant whose nodes have been put into every state that changes an answer. */
export interface Served {
  readonly port: number
  readonly certificateFile: string
  /** Where nodes of the instances are whose values are no concern of the process: their NodeIds. */
  readonly nodeIds: readonly string[]
  readonly plant: HandMadePlant
  /** Lets every tag flow again, with the times of the year 2001, so that what a Read has changed is as before. */
  refresh(): void
  /** Gives a tag another upper limit, so that what it shows means something else. */
  mean(tag: string, high: number): void
  /** Lets nobody but Engineers read a tag any more. */
  forbid(tag: string): void
  /** Listens to what a tag's variable shows, as a part of the program may; gives the function that ends it. */
  listen(tag: string, heard: (value: unknown) => void): () => void
  /** How many items of a subscription are held as those that may have something to tell. */
  listedItems(subscriptionId: number): number
  stop(): Promise<void>
}

/** In which year the arranged values are; what is newer was made by the process. */
export const arrangedTime = Date.UTC(2001, 1, 3, 4, 5, 6, 789)

/** Starts a server with the arrangement, whose users are called as their roles. */
export async function startServed({ isHot, trusted }: ServedOptions): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-hot-'))
  const certificates = join(folder, 'own', 'trusted', 'certs')
  await mkdir(certificates, { recursive: true })
  for (const [index, file] of trusted.entries()) await cp(file, join(certificates, `client${index}.pem`))
  const plant = new HandMadePlant()
  refresh(plant)
  const server = await startCaught(() =>
    startServer({
      view: plant,
      port: 0,
      bind: '127.0.0.1',
      name: 'Demo',
      certificatesFolder: folder,
      anonymous: 'observe',
      allowUnsecured: true,
      watchCertificates: false,
      log: () => undefined,
      isHot,
      users: { check: async (user, password) => user === password, rolesOf: (user) => [user as RoleName] },
    }),
  )
  const { addressSpace } = server.stack.engine
  if (!addressSpace) throw new Error('there is no address space')
  const nodeIds = instancesOf(addressSpace).map(({ nodeId }) => nodeId.toString())
  arrange(addressSpace)
  const variableOf = (tag: string): UAVariable => {
    const nodeId = nodeIds.find((id) => id.endsWith(`;s=dev/${tag}`)) ?? ''
    return addressSpace.findNode(nodeId) as UAVariable
  }
  return {
    port: server.running.port,
    certificateFile: server.running.certificateFile,
    nodeIds,
    plant,
    refresh: () => refresh(plant),
    mean(tag, high) {
      const range = variableOf(tag).getChildByName('EURange') as UAVariable
      range.setValueFromSource({ dataType: DataType.ExtensionObject, value: new Range({ low: 0, high }) })
    },
    forbid(tag) {
      const permissions = makePermissionFlag('Browse | Read')
      variableOf(tag).setRolePermissions([{ roleId: WellKnownRoles.Engineer, permissions }])
    },
    listen(tag, heard) {
      const variable = variableOf(tag)
      const listener = ({ value }: DataValue): void => heard(value.value)
      variable.on('value_changed', listener)
      return () => variable.off('value_changed', listener)
    },
    listedItems(subscriptionId) {
      const subscription = server.stack.engine.findSubscription(subscriptionId)
      return subscription ? listedCount(subscription) : 0
    },
    async stop() {
      await server.running.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Starts a server and gets hold of the stack's own object for it. */
async function startCaught<Running>(start: () => Promise<Running>): Promise<{ running: Running; stack: OPCUAServer }> {
  const stock = OPCUAServer.prototype.start
  let stack: OPCUAServer | undefined
  OPCUAServer.prototype.start = function (this: OPCUAServer, ...rest: unknown[]) {
    stack = this
    return Reflect.apply(stock, this, rest)
  } as typeof stock
  try {
    const running = await start()
    if (!stack) throw new Error('the stack was not started')
    return { running, stack }
  } finally {
    OPCUAServer.prototype.start = stock
  }
}

function refresh(plant: HandMadePlant): void {
  const time = arrangedTime
  for (const [type, value, other] of everyType) {
    plant.emit({ tag: `plc1.a${type}`, sample: good(value, time) })
    plant.emit({ tag: `plc1.l${type}`, sample: good([value, other, value, other] as never, time) })
  }
  plant.emit({ tag: 'plc1.Level', sample: good(12.5, time) })
  plant.emit({ tag: 'plc1.flow', sample: bad(Status.BadNoCommunication, time) })
  plant.emit({ tag: 'plc1.count', sample: { value: 7, status: Status.UncertainLastUsableValue, sourceTime: time } })
  plant.emit({ tag: 'plc1.Manufacturer', sample: { value: 'no number', status: Status.Good, sourceTime: time } })
  plant.emit({ tag: 'plc1.mode', sample: good('auto', time) })
  plant.emit({ tag: 'servo1.Position', sample: good(Number.NaN, time) })
}

function instancesOf(addressSpace: AddressSpace): BaseNode[] {
  const namespace = addressSpace.getNamespaceArray().find(({ namespaceUri }) => namespaceUri.endsWith(':plant:demo'))
  return [...(namespace?.nodeIterator() ?? [])].sort((a, b) => (a.nodeId.toString() < b.nodeId.toString() ? -1 : 1))
}

/** Puts every so many variables into another state: no access, access for some, for signed channels, for none, gone. */
function arrange(addressSpace: AddressSpace): void {
  const variables = instancesOf(addressSpace).filter(
    ({ nodeClass }) => nodeClass === NodeClass.Variable,
  ) as UAVariable[]
  const tagged = variables.filter(({ nodeId }) => /^dev\/plc1\.[al]/.test(String(nodeId.value)))
  const [own, unreadable, userUnreadable, signed, encrypted, gone] = [1, 4, 8, 11, 15, 19].map((at) => tagged[at])
  own?.setRolePermissions([
    { roleId: WellKnownRoles.Engineer, permissions: makePermissionFlag('Browse | Read') },
    { roleId: WellKnownRoles.Operator, permissions: makePermissionFlag('Read') },
  ])
  if (unreadable) unreadable.accessLevel = 0
  if (userUnreadable) userUnreadable.userAccessLevel = 0
  signed?.setAccessRestrictions(1)
  encrypted?.setAccessRestrictions(2)
  if (gone) addressSpace.deleteNode(gone.nodeId)
}
