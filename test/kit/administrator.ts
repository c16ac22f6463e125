import { DataType, type Variant, type VariantLike } from 'node-opcua'
import { IdentityCriteriaType, IdentityMappingRuleType, type UserManagementDataType } from 'node-opcua-types'
import type { Client } from '../opcua/bench.ts'

/** NodeIds of the standard objects and methods by which users are administered (Part 18). */
export const administered = {
  userManagement: 'i=24290',
  users: 'i=24301',
  AddUser: 'i=24304',
  ModifyUser: 'i=24306',
  RemoveUser: 'i=24308',
  ChangePassword: 'i=24310',
} as const

/** What a client does to users; each of them resolves to the name of the status. */
export function administrator(client: Client) {
  const call = async (objectId: string, methodId: string, inputArguments: VariantLike[]): Promise<string> =>
    (await client.session.call({ objectId, methodId, inputArguments: inputArguments as Variant[] })).statusCode.name
  const text = (value: string): VariantLike => ({ dataType: DataType.String, value })
  const flags = (value: number): VariantLike => ({ dataType: DataType.UInt32, value })
  const truth = (value: boolean): VariantLike => ({ dataType: DataType.Boolean, value })
  const { userManagement } = administered
  const rule = async (
    role: string,
    method: 'AddIdentity' | 'RemoveIdentity',
    kind: IdentityCriteriaType,
    criteria: string,
  ) => {
    const value = new IdentityMappingRuleType({ criteriaType: kind, criteria })
    return call(roleIds[role]!, await methodOf(client, roleIds[role]!, method), [
      { dataType: DataType.ExtensionObject, value },
    ])
  }
  return {
    addUser: (name: string, password: string, configuration = 0, description = '') =>
      call(userManagement, administered.AddUser, [text(name), text(password), flags(configuration), text(description)]),
    modifyUser: (name: string, change: { password?: string; configuration?: number; description?: string }) =>
      call(userManagement, administered.ModifyUser, [
        ...[text(name), truth(change.password !== undefined), text(change.password ?? '')],
        ...[truth(change.configuration !== undefined), flags(change.configuration ?? 0)],
        ...[truth(change.description !== undefined), text(change.description ?? '')],
      ]),
    removeUser: (name: string) => call(userManagement, administered.RemoveUser, [text(name)]),
    changePassword: (old: string, password: string) =>
      call(userManagement, administered.ChangePassword, [text(old), text(password)]),
    addCertificateUser: (name: string, certificate: Buffer) =>
      call(userManagement, client.id('users.AddCertificateUser'), [
        ...[text(name), { dataType: DataType.ByteString, value: certificate }, text('')],
      ]),
    addRole: (role: string, name: string, kind = IdentityCriteriaType.UserName) =>
      rule(role, 'AddIdentity', kind, name),
    removeRole: (role: string, name: string, kind = IdentityCriteriaType.UserName) =>
      rule(role, 'RemoveIdentity', kind, name),
    /** Users as `name configuration description`. */
    async users(): Promise<readonly string[]> {
      const { statusCode, value } = await client.session.read({ nodeId: administered.users, attributeId: 13 })
      if (!statusCode.isGood()) return [statusCode.name]
      return (value.value as UserManagementDataType[]).map((user) =>
        `${user.userName} ${user.userConfiguration} ${user.description ?? ''}`.trim(),
      )
    },
    /** Who holds a role, as `criteria type:criteria`. */
    async holders(role: string): Promise<readonly string[]> {
      const nodeId = await methodOf(client, roleIds[role]!, 'Identities')
      const { statusCode, value } = await client.session.read({ nodeId, attributeId: 13 })
      if (!statusCode.isGood()) return [statusCode.name]
      return (value.value as IdentityMappingRuleType[]).map(
        ({ criteriaType, criteria }) => `${IdentityCriteriaType[criteriaType]}:${criteria}`,
      )
    },
  }
}

/** The standard roles (Part 3 §4.9.2). */
export const roleIds: Readonly<Record<string, string>> = {
  Anonymous: 'i=15644',
  AuthenticatedUser: 'i=15656',
  Observer: 'i=15668',
  Operator: 'i=15680',
  Engineer: 'i=16036',
  Supervisor: 'i=15692',
  ConfigureAdmin: 'i=15716',
  SecurityAdmin: 'i=15704',
}

/** A member of a standard role, which everybody may see. */
async function methodOf(client: Client, role: string, name: string): Promise<string> {
  const { targets } = await client.session.translateBrowsePath({
    startingNode: role,
    relativePath: { elements: [{ targetName: { name }, includeSubtypes: true, referenceTypeId: 'i=33' }] },
  } as never)
  return targets?.[0]?.targetId.toString() ?? 'i=0'
}
