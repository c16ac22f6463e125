import { DataType, type StatusCode, type VariantLike } from 'node-opcua-client'
import { IdentityCriteriaType, IdentityMappingRuleType, type UserManagementDataType } from 'node-opcua-types'
import { MillraceError } from '../../../model/errors.ts'
import { roles as allRoles, type Role } from '../../../model/role.ts'
import type { AddedUser, ListedUser, UserBook } from '../../users/user-book.ts'
import type { ServerSession } from '../session.ts'

/** Numbers of the standard nodes (Part 18, in namespace 0). */
const userManagement = 'i=24290'
const nodes = {
  ...{ users: 'i=24301', AddUser: 'i=24304', ModifyUser: 'i=24306', RemoveUser: 'i=24308' },
  ChangePassword: 'i=24310',
} as const

/** Numbers of the object of each role, and of its members. */
const roleNodes: Readonly<Record<Role, { role: number; identities: number; add: number; remove: number }>> = {
  Observer: { role: 15668, identities: 16214, add: 15672, remove: 15674 },
  Operator: { role: 15680, identities: 16225, add: 15684, remove: 15686 },
  Supervisor: { role: 15692, identities: 16247, add: 15696, remove: 15698 },
  Engineer: { role: 16036, identities: 16236, add: 16041, remove: 16043 },
  ConfigureAdmin: { role: 15716, identities: 16269, add: 15720, remove: 15722 },
  SecurityAdmin: { role: 15704, identities: 16258, add: 15708, remove: 15710 },
}

/** Bits of UserConfigurationMask (Part 18 §5.2.3). */
const mask = { noDelete: 1, disabled: 2, mustChangePassword: 8 } as const

const text = (value: string): VariantLike => ({ dataType: DataType.String, value })
const truth = (value: boolean): VariantLike => ({ dataType: DataType.Boolean, value })
const bits = (value: number): VariantLike => ({ dataType: DataType.UInt32, value })

/** The users of a plant that runs, over OPC UA. `loginPassword` is the one of whoever has logged in. */
export function servedUsers(server: ServerSession, loginPassword: string | undefined): UserBook {
  const list = () => listOf(server)
  const find = async (name: string): Promise<ListedUser & { readonly bits: number }> => {
    const user = (await list()).find((each) => each.name === name)
    if (user) return user
    throw new MillraceError('user-unknown', `${server.url} has no user '${name}'; correct the name`)
  }
  const modify = (name: string, change: { password?: string; configuration?: number }): Promise<void> =>
    called(server, `changing ${name}`, nodes.ModifyUser, [
      ...[text(name), truth(change.password !== undefined), text(change.password ?? '')],
      ...[truth(change.configuration !== undefined), bits(change.configuration ?? 0), truth(false), text('')],
    ])
  const remove = (name: string): Promise<void> => called(server, `removing ${name}`, nodes.RemoveUser, [text(name)])
  return {
    list,
    remove,
    async add(user) {
      await addUser(server, user)
      try {
        const rule = ruleOf(await find(user.name))
        for (const role of user.roles) await changeRole(server, role, 'add', rule)
      } catch (error) {
        await remove(user.name)
        throw error
      }
    },
    async changePassword(name, password) {
      // Whoever changes the own password need not be an administrator, and keeps the session.
      if (name === server.user) {
        const given = [text(loginPassword ?? ''), text(password)]
        return called(server, `changing the password of ${name}`, nodes.ChangePassword, given)
      }
      return modify(name, { password })
    },
    async setRoles(name, roles) {
      const user = await find(name)
      const rule = ruleOf(user)
      const steps = [
        ...roles.filter((role) => !user.roles.includes(role)).map((role) => ({ role, how: 'add' }) as const),
        ...user.roles.filter((role) => !roles.includes(role)).map((role) => ({ role, how: 'remove' }) as const),
      ]
      const done: typeof steps = []
      try {
        for (const step of steps) {
          await changeRole(server, step.role, step.how, rule)
          done.unshift(step)
        }
      } catch (error) {
        for (const { role, how } of done) await changeRole(server, role, how === 'add' ? 'remove' : 'add', rule)
        throw error
      }
    },
    async setEnabled(name, isEnabled) {
      const user = await find(name)
      const configuration = isEnabled ? user.bits & ~mask.disabled : user.bits | mask.disabled
      await modify(name, { configuration })
    },
  }
}

async function addUser(server: ServerSession, user: AddedUser): Promise<void> {
  const { name, description, password = '', certificate, mustChangePassword } = user
  const what = `adding ${name}`
  if (!certificate) {
    const configuration = mustChangePassword ? mask.mustChangePassword : 0
    return called(server, what, nodes.AddUser, [text(name), text(password), bits(configuration), text(description)])
  }
  const der: VariantLike = { dataType: DataType.ByteString, value: certificate }
  return called(server, what, await memberOf(server, 'AddCertificateUser'), [text(name), der, text(description)])
}

/** A member of UserManagement that is not a standard one. */
async function memberOf(server: ServerSession, name: string): Promise<string> {
  const asked = server.session.browse({ nodeId: userManagement, resultMask: 63 } as never)
  const { references } = await server.ask(`looking for ${name}`, asked)
  const found = references?.find(({ browseName }) => browseName.name === name)
  if (found) return found.nodeId.toString()
  throw new MillraceError(
    'server-refused',
    `${server.url} has no ${name}; it is another kind of server, or an older one`,
  )
}

async function listOf(server: ServerSession): Promise<readonly (ListedUser & { readonly bits: number })[]> {
  const thumbprints = await memberOf(server, 'CertificateThumbprints').catch(() => undefined)
  const nodeIds = [nodes.users, ...allRoles.map((role) => `i=${roleNodes[role].identities}`)]
  const asked = [...nodeIds, ...(thumbprints === undefined ? [] : [thumbprints])]
  const what = 'listing the users'
  const results = await server.ask(what, server.session.read(asked.map((nodeId) => ({ nodeId, attributeId: 13 }))))
  for (const { statusCode } of results) requireGood(statusCode, what, server)
  const values = results.map(({ value }) => value.value as unknown)
  const certificates = (thumbprints === undefined ? [] : values.pop()) as readonly string[]
  const [users, ...rules] = values as [UserManagementDataType[], ...IdentityMappingRuleType[][]]
  return users.map((user, index) => {
    const name = user.userName ?? ''
    const certificate = certificates[index] || undefined
    const holds = ({ criteriaType, criteria }: IdentityMappingRuleType): boolean =>
      criteriaType === IdentityCriteriaType.Thumbprint
        ? certificate !== undefined && criteria?.toLowerCase() === certificate
        : criteria === name && certificate === undefined
    return {
      ...{ name, description: user.description ?? '', bits: user.userConfiguration },
      roles: allRoles.filter((_, at) => rules[at]?.some(holds)),
      isEnabled: (user.userConfiguration & mask.disabled) === 0,
      isPermanent: (user.userConfiguration & mask.noDelete) !== 0,
      mustChangePassword: (user.userConfiguration & mask.mustChangePassword) !== 0,
      ...(certificate === undefined ? {} : { certificate }),
    }
  })
}

function ruleOf({ name, certificate }: ListedUser): IdentityMappingRuleType {
  return certificate === undefined
    ? new IdentityMappingRuleType({ criteriaType: IdentityCriteriaType.UserName, criteria: name })
    : new IdentityMappingRuleType({
        criteriaType: IdentityCriteriaType.Thumbprint,
        criteria: certificate.toUpperCase(),
      })
}

async function changeRole(
  server: ServerSession,
  role: Role,
  how: 'add' | 'remove',
  rule: IdentityMappingRuleType,
): Promise<void> {
  const node = roleNodes[role]
  const what = how === 'add' ? `giving the role ${role}` : `taking the role ${role} away`
  const given: VariantLike[] = [{ dataType: DataType.ExtensionObject, value: rule }]
  await called(server, what, `i=${node[how]}`, given, `i=${node.role}`)
}

/** Calls a method that gives nothing back, and says in our words what a status means. */
async function called(
  server: ServerSession,
  what: string,
  methodId: string,
  inputArguments: readonly VariantLike[],
  objectId = userManagement,
): Promise<void> {
  const request = { objectId, methodId, inputArguments: [...inputArguments] } as never
  const { statusCode } = await server.ask(
    what,
    server.session.call(request) as never as Promise<{ statusCode: StatusCode }>,
  )
  requireGood(statusCode, what, server)
}

/** What the statuses of Part 18 are called here. */
const codes = {
  BadOutOfRange: ['user-invalid', 'the name or the password is not what it may be'],
  BadAlreadyExists: ['user-exists', 'there is one already'],
  BadNotFound: ['user-unknown', 'there is no such user'],
  BadNotSupported: ['user-protected', 'the user may not be removed'],
  BadRequestNotAllowed: ['user-protected', 'it is the last SecurityAdmin, or no user'],
  BadInvalidSelfReference: ['user-protected', 'nobody removes or disables oneself; ask another administrator'],
  BadIdentityTokenInvalid: ['password-wrong', 'the old password is another one'],
  BadCertificateInvalid: ['user-invalid', 'the certificate cannot be read'],
  BadUserAccessDenied: ['permission-missing', 'it takes the role SecurityAdmin'],
} as const

function requireGood(status: StatusCode, what: string, { url }: ServerSession): void {
  if (!status.isBad()) return
  const [code, why] = codes[status.name as keyof typeof codes] ?? ['server-refused', status.name]
  throw new MillraceError(code, `${url} refuses ${what}: ${why}`, { status: status.value })
}
