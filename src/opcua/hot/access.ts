import type { BaseNode, ISessionContext } from 'node-opcua'

/** What the context of a session looks up for a node. */
interface Lookups {
  getPermissions(node: BaseNode): number
  getAccessRestrictions(node: BaseNode): number
}

interface Policy {
  readonly permissions: number
  readonly restrictions: number
}

/**
 * What a session may do with nodes, for the length of one request or for a second of reports: looked up once for each namespace,
 * and for each list of permissions that a node has for itself. The lists of namespaces are remembered longer (permission-lookup.ts).
 *
 * A request is served in one go, so that neither roles nor permissions can change meanwhile; what is reported may follow them late.
 */
export class Access {
  readonly #context: Lookups
  readonly #byNamespace: (Policy | undefined)[] = []
  readonly #byPermissions = new Map<unknown, number>()

  constructor(context: ISessionContext) {
    this.#context = context as unknown as Lookups
  }

  /** Whether all of these permissions are held, and nothing is restricted to certain channels. */
  allows(node: BaseNode, permissions: number): boolean {
    const { rolePermissions, accessRestrictions } = node
    if (rolePermissions || accessRestrictions !== undefined) return this.#allowsItself(node, permissions)
    const index = node.nodeId.namespace
    let policy = this.#byNamespace[index]
    if (!policy) {
      policy = {
        permissions: this.#context.getPermissions(node),
        restrictions: this.#context.getAccessRestrictions(node),
      }
      this.#byNamespace[index] = policy
    }
    return policy.restrictions === 0 && (policy.permissions & permissions) === permissions
  }

  #allowsItself(node: BaseNode, permissions: number): boolean {
    if (this.#context.getAccessRestrictions(node) !== 0) return false
    const key = node.rolePermissions ?? node.nodeId.namespace
    let held = this.#byPermissions.get(key)
    if (held === undefined) {
      held = this.#context.getPermissions(node)
      this.#byPermissions.set(key, held)
    }
    return (held & permissions) === permissions
  }
}
