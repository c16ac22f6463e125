import {
  AttributeIds,
  type BaseNode,
  type ISessionContext,
  PermissionType,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'

/** A subscription, as far as it is known whose it is. */
interface Owned {
  readonly $session?: { readonly sessionContext: ISessionContext } | undefined
}

/**
 * Tells whether the owner of a subscription may monitor an attribute: a Value takes the permission Read, every other attribute
 * Browse (Part 3 §8.55). The stack looks when it samples, and not when a value is pushed.
 */
export function accessOf(subscription: object, node: BaseNode, attributeId: number): StatusCode {
  const session = (subscription as Owned).$session?.sessionContext
  if (!session) return StatusCodes.Good
  if (session.isAccessRestricted(node)) return StatusCodes.BadSecurityModeInsufficient
  const needed = attributeId === AttributeIds.Value ? PermissionType.Read : PermissionType.Browse
  return session.checkPermission(node, needed) ? StatusCodes.Good : StatusCodes.BadUserAccessDenied
}
