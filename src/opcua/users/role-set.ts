import {
  AccessLevelFlag,
  type AddressSpace,
  type BaseNode,
  BrowseDirection,
  coerceNodeId,
  DataType,
  makePermissionFlag,
  type NodeId,
  ObjectIds,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
  WellKnownRoles,
} from 'node-opcua'
import { IdentityCriteriaType, IdentityMappingRuleType } from 'node-opcua-types'
import { isMillraceError } from '../../model/errors.ts'
import { type Role, roles } from '../../model/role.ts'
import type { SpaceContext } from '../space-context.ts'
import { type Audited, bindAdministration, encryptedOnly, type Handler, Refusal } from './administer.ts'
import type { AdministeredUser, UserAdministration } from './user-administration.ts'
import type { Administering } from './user-management.ts'

/** Roles that everybody holds by the way of the login, with the rule that says so (Part 18 §4.4.4). */
const given = {
  Anonymous: IdentityCriteriaType.Anonymous,
  AuthenticatedUser: IdentityCriteriaType.AuthenticatedUser,
} as const

/**
 * Shows who holds which role in the standard RoleSet, and lets a SecurityAdmin give roles to users and take them away
 * (Part 18 §4.3). Roles can be neither added nor removed, and none depends on applications or endpoints.
 */
export function showRoleSet(context: SpaceContext, { administration, sink }: Administering): void {
  const { addressSpace } = context
  for (const name of Object.keys(given) as (keyof typeof given)[]) {
    const node = roleNode(addressSpace, name)
    if (node) showIdentities(node, () => [ruleOf(given[name], '')])
  }
  for (const role of roles) {
    const node = roleNode(addressSpace, role)
    if (!node) continue
    showIdentities(node, () => (administration?.all ?? []).filter((user) => user.roles.includes(role)).map(ruleFor))
    tellNoOtherCriteria(node)
    const audited: Audited = { type: 'RoleMappingAuditEventType', action: 'role', sink, target: () => role }
    for (const method of methodsOf(node)) {
      bindAdministration(context, method, { audited, handler: handlerOf(method, role, administration) })
    }
  }
  const set = addressSpace.findNode(coerceNodeId(ObjectIds.Server_ServerCapabilities_RoleSet)) as UAObject | null
  const audited: Audited = {
    type: 'RoleMappingAuditEventType',
    action: 'role',
    sink,
    target: ([first]) => textOf(first),
  }
  for (const method of set ? methodsOf(set) : []) {
    bindAdministration(context, method, { audited, handler: unsupported })
  }
  if (set) reserve(set)
}

/** The last one, because an event is given to whoever may receive those of its source. */
const administers = 'Browse | Read | Call | ReadRolePermissions | ReceiveEvents'

/**
 * Everybody sees which roles there are; who holds them is told to a SecurityAdmin, who alone may change it. The stack lets
 * Supervisor and ConfigureAdmin do that too, who could give themselves every role then.
 */
function reserve(node: BaseNode): void {
  node.setRolePermissions([
    { roleId: WellKnownRoles.Anonymous, permissions: makePermissionFlag('Browse') },
    {
      roleId: WellKnownRoles.SecurityAdmin,
      permissions: makePermissionFlag(administers),
    },
  ])
  for (const child of node.findReferencesExAsObject('Aggregates', BrowseDirection.Forward)) reserve(child)
}

function roleNode(addressSpace: AddressSpace, name: Role | keyof typeof given): UAObject | null {
  return addressSpace.findNode(coerceNodeId(WellKnownRoles[name])) as UAObject | null
}

function methodsOf(node: UAObject): readonly UAMethod[] {
  return node.getMethods() as readonly UAMethod[]
}

function showIdentities(node: UAObject, rules: () => IdentityMappingRuleType[]): void {
  const variable = node.getChildByName('Identities') as UAVariable | null
  const get = () =>
    new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: rules() })
  variable?.bindVariable({ get }, true)
  variable?.setAccessRestrictions(encryptedOnly)
}

/** Nothing is excluded by application or endpoint, and nobody can change that. */
function tellNoOtherCriteria(node: UAObject): void {
  const values = {
    ApplicationsExclude: { dataType: DataType.Boolean, value: true },
    Applications: { dataType: DataType.String, arrayType: VariantArrayType.Array, value: [] },
    EndpointsExclude: { dataType: DataType.Boolean, value: true },
    Endpoints: { dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [] },
    CustomConfiguration: { dataType: DataType.Boolean, value: false },
  } as const
  for (const [name, value] of Object.entries(values)) {
    const variable = node.getChildByName(name) as UAVariable | null
    variable?.setValueFromSource(value as never)
    if (variable) variable.accessLevel = variable.userAccessLevel = AccessLevelFlag.CurrentRead
  }
}

function handlerOf(method: UAMethod, role: Role, users: UserAdministration | undefined): Handler {
  const name = method.browseName.name
  if (!users || (name !== 'AddIdentity' && name !== 'RemoveIdentity')) return unsupported
  return ([rule]) => (name === 'AddIdentity' ? add(users, role, rule) : remove(users, role, rule))
}

async function add(users: UserAdministration, role: Role, rule: Variant | undefined): Promise<void> {
  const user = userOf(users, rule)
  // A rule for somebody who cannot log in would be one for whoever gets that name later.
  if (!user) throw new Refusal(StatusCodes.BadRequestNotAllowed)
  if (user.roles.includes(role)) throw new Refusal(StatusCodes.BadAlreadyExists)
  await users.changeRoles(user.name, { added: [role] })
}

async function remove(users: UserAdministration, role: Role, rule: Variant | undefined): Promise<void> {
  const user = userOf(users, rule)
  if (!user?.roles.includes(role)) throw new Refusal(StatusCodes.BadNotFound)
  try {
    await users.changeRoles(user.name, { removed: [role] })
  } catch (error) {
    throw isMillraceError(error, 'user-protected') ? new Refusal(StatusCodes.BadRequestNotAllowed) : error
  }
}

/** The user that a rule names. */
function userOf(users: UserAdministration, variant: Variant | undefined): AdministeredUser | undefined {
  const rule = variant?.value as unknown
  if (!(rule instanceof IdentityMappingRuleType)) throw new Refusal(StatusCodes.BadInvalidArgument)
  const { criteriaType, criteria } = rule
  if (criteriaType === IdentityCriteriaType.UserName) {
    const user = users.find(criteria ?? '')
    return user?.certificate === undefined ? user : undefined
  }
  if (criteriaType === IdentityCriteriaType.Thumbprint) {
    const thumbprint = (criteria ?? '').toLowerCase()
    return users.all.find(({ certificate }) => certificate !== undefined && certificate === thumbprint)
  }
  throw new Refusal(StatusCodes.BadNotSupported)
}

function ruleFor({ name, certificate }: AdministeredUser): IdentityMappingRuleType {
  return certificate === undefined
    ? ruleOf(IdentityCriteriaType.UserName, name)
    : ruleOf(IdentityCriteriaType.Thumbprint, certificate.toUpperCase())
}

function ruleOf(criteriaType: IdentityCriteriaType, criteria: string): IdentityMappingRuleType {
  return new IdentityMappingRuleType({ criteriaType, criteria })
}

const unsupported: Handler = () => {
  throw new Refusal(StatusCodes.BadNotSupported)
}

function textOf(variant: Variant | undefined): string {
  const value: unknown = variant?.value
  return typeof value === 'string' ? value.slice(0, 64) : String((value as NodeId | null) ?? '').slice(0, 64)
}
