import {
  type AddressSpace,
  type BaseNode,
  DataType,
  DataValue,
  type ISessionContext,
  type NodeId,
  PermissionType,
  RolePermissionType,
  resolveNodeId,
  SessionContext,
  StatusCodes,
  sameNodeId,
  VariantArrayType,
} from 'node-opcua'
import { ownerOf } from './guard/hooks.ts'

/** What a node or its namespace says of roles. */
type Permissions = NonNullable<BaseNode['rolePermissions']>

/** The parts of a session's context by which permissions are resolved. */
interface Resolves {
  getApplicableRolePermissions(node: BaseNode): Permissions | null
  getRolesForPermissionEvaluation(roles: NodeId[]): NodeId[]
  getCurrentUserRoles(): NodeId[]
}

/** How the stack reads the two attributes. */
interface ReadsPermissions {
  _readRolePermissions(this: BaseNode, context: ISessionContext | null): DataValue
  _readUserRolePermissions(this: BaseNode, context: ISessionContext | null): DataValue
}

let isInstalled = false

/**
 * Lets the attributes RolePermissions and UserRolePermissions of every node tell what is enforced (Part 3 §5.2.9), once in a process.
 *
 * The stack answers BadAttributeIdInvalid for each node that relies on the defaults of its namespace, which is nearly every one, and
 * leaves out of a user's permissions those that everybody has.
 */
export function tellPermissions(addressSpace: AddressSpace): void {
  if (isInstalled) return
  isInstalled = true
  const owner = ownerOf(addressSpace.rootFolder, '_readRolePermissions') as ReadsPermissions
  owner._readRolePermissions = function (context) {
    if (context && !context.checkPermission(this, PermissionType.ReadRolePermissions)) {
      return new DataValue({ statusCode: StatusCodes.BadUserAccessDenied })
    }
    return told(resolved(this, context))
  }
  owner._readUserRolePermissions = function (context) {
    const session = (context ?? SessionContext.defaultContext) as unknown as Resolves
    const held = session.getRolesForPermissionEvaluation(session.getCurrentUserRoles())
    const isHeld = ({ roleId }: Permissions[number]): boolean =>
      held.some((role) => sameNodeId(role, resolveNodeId(roleId as NodeId)))
    return told(resolved(this, context)?.filter(isHeld))
  }
}

/** The permissions of a node, or the defaults of its namespace. */
function resolved(node: BaseNode, context: ISessionContext | null): Permissions | undefined {
  if (!context) return node.rolePermissions ?? node.namespace.getDefaultRolePermissions() ?? undefined
  return (context as unknown as Resolves).getApplicableRolePermissions(node) ?? undefined
}

function told(permissions: Permissions | undefined): DataValue {
  if (!permissions) return new DataValue({ statusCode: StatusCodes.BadAttributeIdInvalid })
  const value = permissions.map(
    ({ roleId, permissions: flags }) =>
      new RolePermissionType({ roleId: resolveNodeId(roleId as NodeId), permissions: flags as number }),
  )
  return new DataValue({
    statusCode: StatusCodes.Good,
    value: { dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value },
  })
}
