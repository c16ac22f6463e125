import { expect } from 'chai'
import { AttributeIds, NodeClass } from 'node-opcua'
import { type Column, columns } from './matrix.ts'
import { type RolePlants, startRolePlants } from './role-plants.ts'
import {
  browses,
  calls,
  inputCountsOf,
  mayCall,
  monitors,
  reads,
  readsEvents,
  readsHistory,
  type Service,
  type SweptNode,
  walk,
  writes,
  writesBack,
} from './sweep.ts'

const everybody = columns.join(' ')
const plantRoles = 'Observer Operator Supervisor Engineer ConfigureAdmin'
const lookers = `observe operate ${plantRoles}`
const seers = `${lookers} SecurityAdmin`
const operators = 'operate Operator Supervisor Engineer ConfigureAdmin'
const administrators = 'ConfigureAdmin SecurityAdmin'
const nobody = ''

/**
 * Where in the address space a node stands: what the standards define, what the stack keeps of sessions, the plant, or what is
 * ours beside the users of the standard.
 */
type Place = 'standard' | 'sessions' | 'plant' | 'users'
/** Who may, in each place. */
type Rule = Readonly<Record<Place, string>>

/** Parts of the standard address space that tell, or say, who may do what. */
const restricted = [
  ...['ns=0;i=15606', 'ns=0;i=24290', 'ns=0;i=14443', 'ns=0;i=15443', 'ns=0;i=25440', 'ns=0;i=25451'],
  ...['ns=0;i=12637', 'ns=0;i=17409', 'ns=0;i=2290', 'ns=0;i=3706', 'ns=0;i=12886'],
]
/** What may hold for a node in these parts: it is open to everybody, or to administrators only. */
const openOrReserved = [everybody, administrators, 'SecurityAdmin', 'ConfigureAdmin', nobody]

/** The method of ServerConfiguration that lists certificates (Part 12 §7.10.7). */
const GET_REJECTED_LIST = 'ns=0;i=12777'

/** Who may call each method of the plant in the state in which it is, by its name. */
const callers: readonly (readonly [RegExp, string])[] = [
  [/^runtime\./, 'ConfigureAdmin'],
  [/\.(FindRun|ReadRun|RequestJobResponseBy\w+)$/, lookers],
  [/\.(Connect|Disconnect)$/, 'operate Engineer ConfigureAdmin'],
  [/\.JobOrderControl\.(Abort|Clear)$/, 'operate Supervisor Engineer ConfigureAdmin'],
  // The pipeline runs.
  [/^pipe\/scale\.(Start|Resume|Reset)$/, nobody],
  [/./, operators],
]

describe('roles × services × all nodes', function () {
  this.timeout(240_000)
  let plants: RolePlants
  let nodes: readonly SweptNode[]

  before(async () => {
    plants = await startRolePlants()
    const found = new Map<string, SweptNode>()
    for (const name of ['ConfigureAdmin', 'SecurityAdmin'] as const) {
      for (const node of await walk(plants.clients.get(name)!)) found.set(node.nodeId, node)
    }
    nodes = [...found.values()]
    const classes = new Set(nodes.map(({ nodeId, nodeClass }) => `${placeOf({ nodeId })} ${NodeClass[nodeClass]}`))
    expect([...classes]).to.include.members([
      ...['Object', 'Variable', 'Method', 'ObjectType', 'VariableType', 'DataType', 'ReferenceType'].map(
        (name) => `standard ${name}`,
      ),
      ...['plant Object', 'plant Variable', 'plant Method', 'sessions Object', 'sessions Variable'],
    ])
    expect(nodes.length).to.be.greaterThan(6000)
  })
  after(() => plants.stop())

  const of = (...classes: NodeClass[]) => nodes.filter(({ nodeClass }) => classes.includes(nodeClass))

  /** Lets every login try a service on nodes; who was served has to be who may. */
  async function expectServed(
    service: Service,
    tried: readonly SweptNode[],
    mayOf: (node: SweptNode) => string | readonly string[],
    among: readonly Column[] = columns,
  ): Promise<void> {
    const served = tried.map((): Column[] => [])
    for (const column of among) {
      const answers = await service(plants.clients.get(column)!, tried)
      expect(answers.length).to.equal(tried.length)
      for (const [index, isServed] of answers.entries()) if (isServed) served[index]?.push(column)
    }
    const wrong = tried.flatMap((node, index) => {
      const all = [mayOf(node)].flat().map((may) => among.filter((column) => may.split(' ').includes(column)).join(' '))
      const did = (served[index] ?? []).join(' ')
      const what = `${NodeClass[node.nodeClass]} ${node.nodeId}`
      return all.includes(did) ? [] : [`${what}: ${did || 'nobody'}, not ${all.join(' or ') || 'nobody'}`]
    })
    expect(wrong.slice(0, 20)).to.deep.equal([])
  }

  const seen: Rule = { standard: everybody, sessions: administrators, plant: seers, users: everybody }
  const mayLook = (node: SweptNode) => (isRestricted(node) ? openOrReserved : seen[placeOf(node)])

  it('Browse', () => expectServed(browses, nodes, mayLook))

  for (const attributeId of [
    ...[AttributeIds.NodeClass, AttributeIds.BrowseName, AttributeIds.DisplayName, AttributeIds.Description],
    ...[AttributeIds.AccessLevel, AttributeIds.Executable, AttributeIds.EventNotifier, AttributeIds.DataType],
    ...[AttributeIds.UserRolePermissions, AttributeIds.AccessRestrictions],
  ]) {
    it(`Read of ${AttributeIds[attributeId]}`, () => expectServed(reads(attributeId), nodes, mayLook))
  }

  it('Read of RolePermissions: administrators, and nobody else', async () => {
    await expectServed(reads(AttributeIds.RolePermissions), nodes.filter(isOfPlant), () => administrators)
    const others = columns.filter((column) => !administrators.includes(column))
    await expectServed(reads(AttributeIds.RolePermissions), nodes, () => nobody, others)
  })

  it('Read of Value', async () => {
    const rule: Rule = { standard: everybody, sessions: administrators, plant: lookers, users: 'SecurityAdmin' }
    await expectServed(reads(AttributeIds.Value), of(NodeClass.Variable), (node) =>
      isRestricted(node) ? openOrReserved : rule[placeOf(node)],
    )
  })

  it('of what cannot be browsed nothing at all is told', async () => {
    const onlooker = plants.clients.get('nobody')!
    const isSeen = await browses(onlooker, nodes)
    const hidden = nodes.filter((_, index) => !isSeen[index])
    expect(hidden.length).to.be.greaterThan(400)
    for (const attributeId of [AttributeIds.NodeClass, AttributeIds.BrowseName, AttributeIds.DisplayName]) {
      expect(await reads(attributeId)(onlooker, hidden)).to.not.include(true)
    }
  })

  it('Write of Value: what is writable, and nothing else', () =>
    expectServed(writesBack(plants.clients.get('ConfigureAdmin')!), of(NodeClass.Variable), ({ nodeId }) => {
      if (/;s=(dev\/boiler1\.setpoint|pipe\/scale\.Parameters\.limit)$/.test(nodeId)) return operators
      // EnabledFlag of ServerDiagnostics (Part 5 §6.3.3).
      return nodeId === 'ns=0;i=2294' ? administrators : nobody
    }))

  it('Write of every other attribute: nobody', async () => {
    const mightiest = ['none', 'operate', 'ConfigureAdmin', 'SecurityAdmin'] as const
    for (let attributeId = 1; attributeId <= 27; attributeId++) {
      if (attributeId !== AttributeIds.Value) await expectServed(writes(attributeId), nodes, () => nobody, mightiest)
    }
  })

  it('UserExecutable of the methods of the plant', () =>
    expectServed(mayCall, of(NodeClass.Method).filter(isOfPlant), ({ nodeId }) => {
      const name = nodeId.slice(nodeId.indexOf(';s=') + 3)
      return callers.find(([pattern]) => pattern.test(name))?.[1] ?? nobody
    }))

  it('Call: whoever may only look does nothing', async () => {
    const methods = of(NodeClass.Method)
    const inputCounts = await inputCountsOf(plants.clients.get('ConfigureAdmin')!, methods)
    const onlookers = ['none', 'observe', 'nobody', 'Observer', 'SecurityAdmin'] as const
    const mayOf = ({ nodeId }: SweptNode): string => {
      if (nodeId === GET_REJECTED_LIST) return 'SecurityAdmin'
      return nodeId.endsWith('.RequestJobResponseByJobOrderState') ? lookers : nobody
    }
    await expectServed(calls(inputCounts), methods, mayOf, onlookers)
  })

  it('HistoryRead of values', () =>
    expectServed(readsHistory, of(NodeClass.Variable), ({ nodeId }) =>
      nodeId.endsWith(';s=pipe/scale.Outputs.scaled') ? lookers : nobody,
    ))

  it('HistoryRead of events', () =>
    expectServed(readsEvents, of(NodeClass.Object), ({ nodeId }) => {
      if (nodeId === 'ns=0;i=2253') return seers
      return /;s=(eq\/Acme(\/Line1)?|dev\/boiler1|pipe\/scale|health|historian)$/.test(nodeId) ? lookers : nobody
    }))

  it('CreateMonitoredItems of Value and of events', async () => {
    const rule: Rule = { standard: everybody, sessions: administrators, plant: lookers, users: 'SecurityAdmin' }
    const variables = of(NodeClass.Variable).filter((node) => placeOf(node) !== 'standard')
    // Sessions that nobody has used for a while have ended.
    const isThere = await reads(AttributeIds.NodeClass)(plants.clients.get('ConfigureAdmin')!, variables)
    await expectServed(
      monitors(AttributeIds.Value),
      variables.filter((_, index) => isThere[index]),
      (node) => rule[placeOf(node)],
    )
    await expectServed(monitors(AttributeIds.EventNotifier), of(NodeClass.Object).filter(isOfPlant), () => seers)
  })
})

function placeOf({ nodeId }: Pick<SweptNode, 'nodeId'>): Place {
  if (nodeId.startsWith('ns=1;')) return 'sessions'
  if (/^ns=\d+;s=users\./.test(nodeId)) return 'users'
  return /^ns=\d+;s=/.test(nodeId) ? 'plant' : 'standard'
}

function isOfPlant(node: SweptNode): boolean {
  return placeOf(node) === 'plant'
}

/** Whether a node stands in one of the restricted parts. */
function isRestricted(node: SweptNode): boolean {
  for (let at: SweptNode | undefined = node; at; at = at.parent) if (restricted.includes(at.nodeId)) return true
  return false
}
