import { makeRoles, type NodeId, SessionContext, WellKnownRoles } from 'node-opcua'
import type { Role } from '../../model/role.ts'

/** Who a session was activated by. */
export interface Identity {
  /** Name of the user as the directory knows it. */
  readonly name: string
  /** The roles of the user now: they are asked for at each request, so that a change is in effect at once. */
  roles(): readonly Role[]
  /** Whether the user has to change the password before anything else (Part 18 §5.2.8). */
  mustChangePassword(): boolean
}

/** The methods of a session's context that say who it is. */
interface Says {
  readonly session?: object
  getUserName(): string
  getCurrentUserRoles(): NodeId[]
}

const identityBySession = new WeakMap<object, Identity>()
const tenureBySession = new WeakMap<object, object>()
const nodeIdsByRoles = new WeakMap<readonly Role[], NodeId[]>()
let isInstalled = false

/** Says who a session is from now on; without an identity it is nobody, with the role Anonymous. */
export function identify(session: object, identity: Identity | undefined): void {
  install()
  if (identityOf(session)?.name !== identity?.name) tenureBySession.set(session, {})
  if (identity) identityBySession.set(session, identity)
  else identityBySession.delete(session)
}

/** Who a session is; undefined for one without a login. */
export function identityOf(session: object | undefined): Identity | undefined {
  return session && identityBySession.get(session)
}

/** Stands for a session as long as it has the same user: what only that user may go on with is kept by it. */
export function tenureOf(session: object): object {
  return tenureBySession.get(session) ?? session
}

/**
 * Hooks the contexts of sessions, once in a process.
 *
 * The stack takes the common name of a user certificate for a user name: whoever has a certificate made out to the name of
 * another would be that user. What a session may do follows from its identity alone.
 */
function install(): void {
  if (isInstalled) return
  isInstalled = true
  const stock = SessionContext.prototype as unknown as Says
  const { getUserName, getCurrentUserRoles } = stock
  stock.getUserName = function (this: Says) {
    return identityOf(this.session)?.name ?? getUserName.call(this)
  }
  stock.getCurrentUserRoles = function (this: Says) {
    const identity = identityOf(this.session)
    return identity ? roleIdsOf(identity) : getCurrentUserRoles.call(this)
  }
}

const anonymous = makeRoles([WellKnownRoles.Anonymous])

/** The NodeIds of the roles that somebody has now; whoever has to change the password is as good as without a login. */
export function roleIdsOf(identity: Identity): NodeId[] {
  if (identity.mustChangePassword()) return anonymous
  const roles = identity.roles()
  const known = nodeIdsByRoles.get(roles)
  if (known) return known
  const nodeIds = makeRoles([...roles.map((role) => WellKnownRoles[role]), WellKnownRoles.AuthenticatedUser])
  nodeIdsByRoles.set(roles, nodeIds)
  return nodeIds
}
