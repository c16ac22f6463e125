import {
  type AddressSpace,
  makePermissionFlag,
  type Namespace,
  type RolePermissionTypeOptions,
  type UAMethod,
  WellKnownRoles,
} from 'node-opcua'

/** What clients without a login may do. */
export type AnonymousAccess = 'none' | 'observe' | 'operate'

/** Roles that a user may hold (Part 3 §4.9.2); each holds what the ones before it hold. */
export const roleNames = ['Observer', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin'] as const

/** A role that a user may hold. */
export type RoleName = (typeof roleNames)[number]

const look = 'Browse | Read | ReadHistory | ReceiveEvents'
const lookAndCall = `${look} | Call`
const operate = `${look} | Call | Write`

/**
 * Gives every namespace default permissions: the server denies what is not resolved, so that a namespace without any
 * would be unreadable, the Server object included.
 *
 * Standard namespaces and types can be read by everybody, and nobody writes them. Instances follow the table of roles.
 */
export function setPermissions(addressSpace: AddressSpace, instances: Namespace, anonymous: AnonymousAccess): void {
  const everybody = ['Anonymous', 'AuthenticatedUser'] as const
  for (const namespace of addressSpace.getNamespaceArray()) {
    // ConditionRefresh and GetMonitoredItems are methods of namespace 0 that every subscriber needs.
    const flags = namespace.index === 0 ? lookAndCall : look
    namespace.setDefaultRolePermissions(everybody.map((role) => permission(role, flags)))
  }
  instances.setDefaultRolePermissions([
    ...anonymousPermissions(anonymous),
    permission('Observer', look),
    ...roleNames.slice(1).map((role) => permission(role, operate)),
  ])
}

/** Lets a method be called from a role on upwards only; the lower ones still see it. */
export function restrictCall(method: UAMethod, lowest: RoleName, anonymous: AnonymousAccess): void {
  const rank = roleNames.indexOf(lowest)
  method.setRolePermissions([
    ...anonymousPermissions(anonymous),
    ...roleNames.map((role, index) => permission(role, index >= rank ? operate : look)),
  ])
}

function anonymousPermissions(anonymous: AnonymousAccess): RolePermissionTypeOptions[] {
  if (anonymous === 'none') return []
  return [permission('Anonymous', anonymous === 'operate' ? operate : look)]
}

function permission(role: keyof typeof WellKnownRoles, flags: string): RolePermissionTypeOptions {
  return { roleId: WellKnownRoles[role], permissions: makePermissionFlag(flags) }
}
