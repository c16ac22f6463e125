import {
  AccessLevelFlag,
  type AddressSpace,
  AttributeIds,
  type BaseNode,
  DataValue,
  type ISessionContext,
  makePermissionFlag,
  type Namespace,
  PermissionType,
  type RolePermissionTypeOptions,
  StatusCodes,
  type UAMethod,
  type UAVariable,
  WellKnownRoles,
} from 'node-opcua'
import { administrators, type Role } from '../model/role.ts'
import { rememberPermissions } from './permission-lookup.ts'
import { tellPermissions } from './role-permissions.ts'

/** What clients without a login may do. */
export type AnonymousAccess = 'none' | 'observe' | 'operate'

/** Roles that do something to the plant; each holds what the ones before it hold. */
export const roleNames = ['Observer', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin'] as const satisfies Role[]

/** A role that does something to the plant. */
export type RoleName = (typeof roleNames)[number]

const look = 'Browse | Read | ReadHistory | ReceiveEvents'
const lookAndCall = `${look} | Call`
const operate = `${look} | Call | Write`
const correctHistory = `${operate} | InsertHistory | ModifyHistory`

/**
 * What the instances allow each role. History is evidence: those who run the plant cannot change it, an Engineer corrects it,
 * and only a ConfigureAdmin takes something out. Each change keeps what was there, and who made it.
 */
const instancePermissions: Readonly<Record<RoleName, string>> = {
  Observer: look,
  Operator: operate,
  Supervisor: operate,
  Engineer: correctHistory,
  ConfigureAdmin: `${correctHistory} | DeleteHistory | ReadRolePermissions`,
}

/** Who gives roles away sees what there is and what each role may do there, and no value of it. */
const oversee = 'Browse | ReadRolePermissions | ReceiveEvents'

/** What the server knows of everybody's sessions: the arrays of SessionsDiagnosticsSummary, and SubscriptionDiagnosticsArray. */
const sessionDiagnostics = ['i=3706', 'i=3707', 'i=3708', 'i=2290']

/**
 * Gives every namespace default permissions: the server denies what is not resolved, so that a namespace without any
 * would be unreadable, the Server object included.
 *
 * Standard namespaces and types can be read by everybody, and nobody writes them. Instances follow the table of roles.
 */
export function setPermissions(addressSpace: AddressSpace, instances: Namespace, anonymous: AnonymousAccess): void {
  const everybody = ['Anonymous', 'AuthenticatedUser'] as const
  const admins = administrators.map((role) => permission(role, `${look} | ReadRolePermissions`))
  for (const namespace of addressSpace.getNamespaceArray()) {
    // ConditionRefresh and GetMonitoredItems are methods of namespace 0 that every subscriber needs.
    const flags = namespace.index === 0 ? lookAndCall : look
    namespace.setDefaultRolePermissions([
      ...everybody.map((role) => permission(role, flags)),
      ...administrators.map((role) => permission(role, `${flags} | ReadRolePermissions`)),
    ])
  }
  // The stack keeps an object for each session in namespace 1, where nothing of ours is.
  addressSpace.getNamespace(1).setDefaultRolePermissions(admins)
  for (const nodeId of sessionDiagnostics) addressSpace.findNode(nodeId)?.setRolePermissions(admins)
  instances.setDefaultRolePermissions([
    ...anonymousPermissions(anonymous),
    permission('SecurityAdmin', oversee),
    ...roleNames.map((role) => permission(role, instancePermissions[role])),
  ])
  letReadEvents(addressSpace, anonymous)
  rememberPermissions(addressSpace)
  tellPermissions(addressSpace)
}

/** Reading the history of all events takes the role of an observer; the NodeSet lets everybody listen at the Server, and only administrators read. */
function letReadEvents(addressSpace: AddressSpace, anonymous: AnonymousAccess): void {
  const { server } = addressSpace.rootFolder.objects
  const everybody = 'Browse | ReceiveEvents | Call'
  const roles = anonymous === 'none' ? roleNames : (['Anonymous', ...roleNames] as const)
  const overseers = administrators.map((role) => permission(role, `${everybody} | ReadHistory | ReadRolePermissions`))
  server.setRolePermissions([
    ...(anonymous === 'none' ? [permission('Anonymous', everybody)] : []),
    ...roles.filter((role) => role !== 'ConfigureAdmin').map((role) => permission(role, `${everybody} | ReadHistory`)),
    ...overseers,
  ])
}

/** Covers the attributes of standard nodes that not everybody may browse. */
export function coverReserved(addressSpace: AddressSpace): void {
  for (const namespace of addressSpace.getNamespaceArray()) {
    for (const node of namespace.nodeIterator()) if (node.rolePermissions) coverAttributes([node])
  }
}

/**
 * Covers the attributes of every node that a namespace will have: the stack keeps an object for each session in namespace 1, with
 * the name that the client gave it.
 */
export function coverFromNowOn(namespace: object): void {
  const registering = namespace as { _register(node: BaseNode): void }
  const register = registering._register
  registering._register = function (node) {
    register.call(this, node)
    coverAttributes([node])
  }
}

/** A node whose attributes can be read. */
interface ReadsAttributes {
  readAttribute: ReadAttribute
}

type ReadAttribute = (
  this: ReadsAttributes,
  session: ISessionContext | null,
  attributeId: AttributeIds,
  range?: unknown,
  encoding?: unknown,
) => DataValue

/**
 * Refuses every attribute of nodes to those who may not browse them.
 *
 * The permission Browse covers all attributes but Value (Part 3 §8.55); the stack checks it for Browse alone, so that
 * names and descriptions could be read by anybody who guesses a NodeId.
 */
export function coverAttributes(nodes: Iterable<BaseNode>): void {
  for (const node of nodes) {
    const target = node as unknown as ReadsAttributes
    const read = target.readAttribute
    if (coverings.has(read)) continue
    const covering = coveringByRead.get(read) ?? coveringOf(read)
    coverings.add(covering)
    if (!Object.hasOwn(target, 'readAttribute')) plainCoverings.add(covering)
    coveringByRead.set(read, covering)
    target.readAttribute = covering
  }
}

/** Whether a node reads its Value as the stack does, whatever covers its other attributes. */
export function readsPlainly(node: BaseNode): boolean {
  const { readAttribute } = node as unknown as ReadsAttributes
  return !Object.hasOwn(node, 'readAttribute') || plainCoverings.has(readAttribute)
}

/** Coverings of the function that nodes have from their class. */
const plainCoverings = new WeakSet<ReadAttribute>()

/** One function for all nodes that read their attributes in the same way: a large plant has very many. */
const coveringByRead = new WeakMap<ReadAttribute, ReadAttribute>()
const coverings = new WeakSet<ReadAttribute>()

function coveringOf(read: ReadAttribute): ReadAttribute {
  return function (session, attributeId, range, encoding) {
    const isCovered = attributeId !== AttributeIds.Value && session !== null
    if (isCovered && !session.checkPermission(this as unknown as BaseNode, PermissionType.Browse)) {
      return new DataValue({ statusCode: StatusCodes.BadUserAccessDenied })
    }
    const found = read.call(this, session, attributeId, range, encoding)
    if (attributeId === AttributeIds.UserAccessLevel && session) tellHistoryWrite(this, session, found)
    return found
  }
}

const changesHistory = [PermissionType.InsertHistory, PermissionType.ModifyHistory, PermissionType.DeleteHistory]

/** Whoever may change history in one way has the access level HistoryWrite; the stack gives it for DeleteHistory alone. */
function tellHistoryWrite(target: ReadsAttributes, session: ISessionContext, found: DataValue): void {
  const variable = target as unknown as UAVariable
  if (!found.statusCode.isGood() || (variable.accessLevel & AccessLevelFlag.HistoryWrite) === 0) return
  const may = changesHistory.some((permissionType) => session.checkPermission(variable, permissionType))
  if (may) found.value.value |= AccessLevelFlag.HistoryWrite
}

/** Lets a method be called from a role on upwards only; the lower ones still see it. */
export function restrictCall(method: UAMethod, lowest: RoleName, anonymous: AnonymousAccess): void {
  const rank = roleNames.indexOf(lowest)
  method.setRolePermissions([
    ...anonymousPermissions(anonymous),
    permission('SecurityAdmin', oversee),
    ...roleNames.map((role, index) => permission(role, methodPermissions(role, index >= rank ? operate : look))),
  ])
}

/** Lets everybody who may read history call a method, because it tells and changes nothing. */
export function openCall(method: UAMethod, anonymous: AnonymousAccess): void {
  method.setRolePermissions([
    ...(anonymous === 'none' ? [] : [permission('Anonymous', lookAndCall)]),
    permission('SecurityAdmin', oversee),
    ...roleNames.map((role) => permission(role, methodPermissions(role, lookAndCall))),
  ])
}

/** A ConfigureAdmin reads who may call what. */
function methodPermissions(role: RoleName, flags: string): string {
  return role === 'ConfigureAdmin' ? `${flags} | ReadRolePermissions` : flags
}

function anonymousPermissions(anonymous: AnonymousAccess): RolePermissionTypeOptions[] {
  if (anonymous === 'none') return []
  return [permission('Anonymous', anonymous === 'operate' ? operate : look)]
}

function permission(role: keyof typeof WellKnownRoles, flags: string): RolePermissionTypeOptions {
  return { roleId: WellKnownRoles[role], permissions: makePermissionFlag(flags) }
}
