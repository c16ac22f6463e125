import { expect } from 'chai'
import {
  AddressSpace,
  coerceNodeId,
  DataType,
  generateAddressSpace,
  makePermissionFlag,
  type Namespace,
  nodesets,
  PermissionType,
  RolePermissionType,
  type RolePermissionTypeOptions,
  SessionContext,
  type UAVariable,
  UserNameIdentityToken,
  VariantArrayType,
  WellKnownRoles,
} from 'node-opcua'
import { rememberPermissions } from '../../src/opcua/permission-lookup.ts'
import { addNamespaceMetadata } from '../../src/opcua/types/namespace-metadata.ts'

const roles = ['Anonymous', 'AuthenticatedUser', 'Observer', 'Operator', 'Engineer', 'SecurityAdmin'] as const
const permissions = Object.values(PermissionType).filter(
  (value): value is PermissionType => typeof value === 'number' && value > 0,
)
const allow = (role: (typeof roles)[number], flags: string): RolePermissionTypeOptions => ({
  roleId: WellKnownRoles[role],
  permissions: makePermissionFlag(flags),
})

/** What a session of each role may do with a node: one list of permissions for each. */
function table(node: UAVariable): Record<string, number[]> {
  const rows = roles.map((role) => {
    const session = { userIdentityToken: new UserNameIdentityToken({ userName: 'somebody' }) }
    const userManager = { getUserRoles: () => [coerceNodeId(WellKnownRoles[role])] }
    const server = { userManager, unresolvedPermissionPolicy: 'deny' }
    const context = new SessionContext({ session, server } as never)
    return [role, permissions.filter((permission) => context.checkPermission(node, permission))] as const
  })
  return Object.fromEntries(rows)
}

describe('remembered permissions', () => {
  let addressSpace: AddressSpace
  let remembered: Namespace
  let stock: Namespace
  let variables: UAVariable[]

  before(async () => {
    addressSpace = AddressSpace.create()
    await generateAddressSpace(addressSpace, [nodesets.standard])
    addressSpace.registerNamespace('urn:own')
    remembered = namespaceOf('urn:remembered')
    rememberPermissions(addressSpace)
    // Made afterwards, so that the stack's own way serves it.
    stock = namespaceOf('urn:stock')
    variables = [remembered, stock].map((namespace) =>
      namespace.addVariable({ browseName: 'V', nodeId: 's=V', dataType: 'Double', organizedBy: 'ObjectsFolder' }),
    )
  })
  after(() => addressSpace.dispose())

  function namespaceOf(uri: string): Namespace {
    const namespace = addressSpace.registerNamespace(uri) as Namespace
    addNamespaceMetadata(addressSpace, namespace, { version: '1', publicationDate: new Date(0), nodeId: 's=namespace' })
    const metadata = addressSpace.rootFolder.objects.server.namespaces?.getChildByName(uri)
    for (const browseName of ['DefaultRolePermissions', 'DefaultUserRolePermissions']) {
      namespace.addVariable({
        browseName: { namespaceIndex: 0, name: browseName },
        propertyOf: metadata as never,
        dataType: 'RolePermissionType',
        valueRank: 1,
      })
    }
    return namespace
  }

  /** Both tables, which must always be the same. */
  function compared(): Record<string, number[]> {
    const [ours, theirs] = variables.map(table)
    expect(ours).to.deep.equal(theirs)
    return ours ?? {}
  }

  function setDefaults(...defaults: RolePermissionTypeOptions[]): void {
    for (const namespace of [remembered, stock]) namespace.setDefaultRolePermissions(defaults)
  }

  it('are those of the stack, for every role and permission', () => {
    setDefaults(allow('Anonymous', 'Browse'), allow('Operator', 'Browse | Read | Call | Write'))
    expect(compared().Operator).to.include(PermissionType.Write)
    expect(compared().Observer).to.deep.equal([PermissionType.Browse])
  })

  it('are forgotten, when the namespace gets other defaults', () => {
    setDefaults(allow('Observer', 'Browse | Read'))
    expect(compared().Operator).to.deep.equal([])
    expect(compared().Observer).to.include(PermissionType.Read)
  })

  for (const name of ['DefaultRolePermissions', 'DefaultUserRolePermissions']) {
    it(`are forgotten, when ${name} of the namespace changes`, () => {
      compared()
      for (const namespace of [remembered, stock]) {
        const metadata = addressSpace.rootFolder.objects.server.namespaces?.getChildByName(namespace.namespaceUri)
        const variable = metadata?.getChildByName(name) as UAVariable
        const value = [
          new RolePermissionType({
            roleId: coerceNodeId(WellKnownRoles.Engineer),
            permissions: 1,
          }),
        ]
        variable.setValueFromSource({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value })
      }
      expect(compared().Engineer).to.deep.equal([PermissionType.Browse])
      expect(compared().Observer).to.deep.equal([])
    })
  }

  it('leave a node alone that has permissions of its own', () => {
    for (const variable of variables) variable.setRolePermissions([allow('SecurityAdmin', 'Browse | Read')])
    expect(compared().SecurityAdmin).to.include(PermissionType.Read)
    expect(compared().Engineer).to.deep.equal([])
  })

  it('hide nothing from callers in the process', () => {
    expect(
      variables.every((variable) => SessionContext.defaultContext.checkPermission(variable, PermissionType.Write)),
    ).to.equal(true)
  })
})
