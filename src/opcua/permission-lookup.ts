import { type AddressSpace, type BaseNode, type Namespace, SessionContext, type UAVariable } from 'node-opcua'

/** The methods of a session's context that look up what a node does not say itself. */
interface Lookups {
  getApplicableRolePermissions(node: BaseNode): unknown
  getAccessRestrictions(node: BaseNode): number
}

/** What a namespace says about its nodes; absent until it was looked up. */
interface Policy {
  rolePermissions?: { readonly found: unknown }
  accessRestrictions?: { readonly found: number }
}

/**
 * The namespace in which the stack keeps an object for each session. It gives every permission, writing included, for what it tells
 * of a session's security to supervisors and administrators; here what the namespace says counts for all of it.
 */
const OWN_NAMESPACE = 1

const policyByNamespace = new WeakMap<object, Policy>()
let isInstalled = false

/**
 * Remembers the default permissions and access restrictions of every namespace that is there.
 *
 * The stack looks both up anew for every node of every request, by name below `Server.Namespaces`, which is a quarter of the
 * time of a large Read. What is remembered is dropped when the namespace gets other defaults or its metadata changes; nodes
 * with permissions of their own, and in-process callers, are none of its business.
 */
export function rememberPermissions(addressSpace: AddressSpace): void {
  install()
  for (const namespace of addressSpace.getNamespaceArray()) {
    if (policyByNamespace.has(namespace)) continue
    policyByNamespace.set(namespace, {})
    const forget = (): void => void policyByNamespace.set(namespace, {})
    const set = namespace.setDefaultRolePermissions
    namespace.setDefaultRolePermissions = function (this: Namespace, permissions) {
      forget()
      set.call(this, permissions)
    }
    const metadata = addressSpace.rootFolder.objects.server.namespaces?.getChildByName(namespace.namespaceUri)
    for (const name of ['DefaultRolePermissions', 'DefaultUserRolePermissions', 'DefaultAccessRestrictions']) {
      const variable = metadata?.getChildByName(name) as UAVariable | null | undefined
      variable?.on('value_changed', forget)
    }
  }
}

/** Hooks the contexts of sessions, once in a process; namespaces that are not remembered are looked up as before. */
function install(): void {
  if (isInstalled) return
  isInstalled = true
  const stock = SessionContext.prototype as unknown as Lookups
  const { getApplicableRolePermissions, getAccessRestrictions } = stock
  stock.getApplicableRolePermissions = function (this: Lookups, node) {
    if (node.nodeId.namespace === OWN_NAMESPACE) return node.namespace.getDefaultRolePermissions()
    if (node.rolePermissions) return node.rolePermissions
    const policy = policyFor(this, node)
    if (!policy) return getApplicableRolePermissions.call(this, node)
    policy.rolePermissions ??= { found: getApplicableRolePermissions.call(this, node) }
    return policy.rolePermissions.found
  }
  stock.getAccessRestrictions = function (this: Lookups, node) {
    if (node.accessRestrictions !== undefined) return node.accessRestrictions
    const policy = policyFor(this, node)
    if (!policy) return getAccessRestrictions.call(this, node)
    policy.accessRestrictions ??= { found: getAccessRestrictions.call(this, node) }
    return policy.accessRestrictions.found
  }
}

/** In-process callers get other answers than sessions, so nothing is remembered for them. */
function policyFor(context: unknown, node: BaseNode): Policy | undefined {
  return context === SessionContext.defaultContext ? undefined : policyByNamespace.get(node.namespace)
}
