import { X509Certificate } from 'node:crypto'
import {
  coerceLocalizedText,
  coerceNodeId,
  DataType,
  type ISessionContext,
  makePermissionFlag,
  ObjectIds,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
  WellKnownRoles,
} from 'node-opcua'
import { Range, UserManagementDataType } from 'node-opcua-types'
import { thumbprintOf } from '../../certificates/thumbprint.ts'
import type { AuditSink } from '../events/audit-trail.ts'
import { childOf, type SpaceContext } from '../space-context.ts'
import { type Audited, bindAdministration, encryptedOnly, type Handler, Refusal } from './administer.ts'
import { identityOf } from './identities.ts'
import type { AdministeredUser, PasswordLength, UserAdministration, UserChange } from './user-administration.ts'

/** What administering users needs; without `administration` every method answers BadNotSupported. */
export interface Administering {
  readonly administration: UserAdministration | undefined
  readonly passwordLength: PasswordLength
  readonly sink: AuditSink | undefined
  /** Trusts the certificate of a user. */
  trustUser(certificate: Uint8Array): Promise<unknown>
}

/** Bits of UserConfigurationMask (Part 18 §5.2.3). */
const mask = { noDelete: 1, disabled: 2, noChangeByUser: 4, mustChangePassword: 8 } as const

/** PasswordOptionsMask (Part 18 §5.2.2): the first five, which say that the flags above and descriptions are supported. */
const passwordOptions = 0b11111

/** Shows the users in the standard object UserManagement and lets a SecurityAdmin change them (Part 18 §5.3). */
export function showUserManagement(context: SpaceContext, administering: Administering): void {
  const node = context.addressSpace.findNode(coerceNodeId(ObjectIds.UserManagement)) as UAObject | null
  if (!node) return
  const { administration, passwordLength } = administering
  const users = childOf<UAVariable>(node, 'Users')
  const get = () =>
    new Variant({
      ...{ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array },
      value: (administration?.all ?? []).map(shown),
    })
  users.bindVariable({ get }, true)
  users.setAccessRestrictions(encryptedOnly)
  const { min: low, max: high } = passwordLength
  const set = (name: string, dataType: DataType, value: unknown): void =>
    childOf<UAVariable>(node, name).setValueFromSource({ dataType, value })
  set('PasswordLength', DataType.ExtensionObject, new Range({ low, high }))
  set('PasswordOptions', DataType.UInt32, passwordOptions)
  set('PasswordRestrictions', DataType.LocalizedText, coerceLocalizedText('not the name; no control characters'))
  bindMethods(context, node, administering)
}

function shown({ name: userName, description, ...user }: AdministeredUser): UserManagementDataType {
  const userConfiguration =
    (user.isPermanent ? mask.noDelete : 0) |
    (user.isEnabled ? 0 : mask.disabled) |
    (user.isPasswordFixed ? mask.noChangeByUser : 0) |
    (user.mustChangePassword ? mask.mustChangePassword : 0)
  return new UserManagementDataType({ userName, userConfiguration, description })
}

function bindMethods(context: SpaceContext, node: UAObject, administering: Administering): void {
  const { administration, sink } = administering
  const audited: Audited = {
    ...{ type: 'MethodCallAuditEventType', action: 'user', sink },
    target: ([first]) => textOf(first).slice(0, 64),
  }
  const bind = (name: string, carryOut: (users: UserAdministration) => Handler, how = audited): void => {
    const handler = administration ? carryOut(administration) : unsupported
    bindAdministration(context, childOf<UAObject>(node, name) as unknown as UAMethod, { handler, audited: how })
  }
  bind('AddUser', (users) => async ([name, password, configuration, description]) => {
    const flags = flagsOf(configuration)
    await users.add({ name: textOf(name), password: textOf(password), ...flags, description: textOf(description) })
  })
  bind(
    'ModifyUser',
    (users) =>
      ([name, ...change], session) =>
        modify(users, textOf(name), { change, session }),
  )
  bind('RemoveUser', (users) => async ([name], session) => {
    if (isOneself(session, textOf(name))) throw new Refusal(StatusCodes.BadInvalidSelfReference)
    await users.remove(textOf(name))
  })
  bind(
    'ChangePassword',
    (users) =>
      ([old, password], session) =>
        changeOwn(users, { old, password, session }),
    {
      ...audited,
      target: (_inputs, session) => nameOf(session),
    },
  )
  if (administration) addCertificateUsers(context, node, { ...administering, administration, audited })
}

/** Part 18 has no way to add a user with a certificate, or to see which one it is; its own methods serve for everything else. */
function addCertificateUsers(
  context: SpaceContext,
  node: UAObject,
  { administration, trustUser, audited }: Administering & { administration: UserAdministration; audited: Audited },
): void {
  const text = { dataType: DataType.String, valueRank: -1 }
  const method = context.namespace.addMethod(node, {
    browseName: 'AddCertificateUser',
    nodeId: 's=users.AddCertificateUser',
    description: 'Adds a user who logs in with a certificate, and trusts it.',
    inputArguments: [
      { ...text, name: 'UserName', description: { text: 'Name of the user.' } },
      { ...text, name: 'Certificate', dataType: DataType.ByteString, description: { text: 'In DER form.' } },
      { ...text, name: 'Description', description: { text: 'What is to be known of the user.' } },
    ],
  })
  const thumbprints = context.namespace.addVariable({
    browseName: 'CertificateThumbprints',
    nodeId: 's=users.CertificateThumbprints',
    description: 'SHA-1 thumbprints of the certificates, in the order of Users; empty for a user with a password.',
    propertyOf: node,
    ...{ dataType: DataType.String, valueRank: 1, accessLevel: 'CurrentRead', userAccessLevel: 'CurrentRead' },
  })
  const get = () => {
    const value = administration.all.map(({ certificate }) => certificate ?? '')
    return new Variant({ dataType: DataType.String, arrayType: VariantArrayType.Array, value })
  }
  thumbprints.bindVariable({ get }, true)
  const permissions = 'Browse | Read | Call | ReadRolePermissions'
  for (const each of [method, method.inputArguments, thumbprints]) {
    each?.setRolePermissions([{ roleId: WellKnownRoles.SecurityAdmin, permissions: makePermissionFlag(permissions) }])
    each?.setAccessRestrictions(encryptedOnly)
  }
  bindAdministration(context, method, {
    audited,
    async handler([name, certificate, description]) {
      const der = certificate?.value as Buffer | null | undefined
      if (!der || !isCertificate(der)) throw new Refusal(StatusCodes.BadCertificateInvalid)
      const user = { name: textOf(name), description: textOf(description), certificate: thumbprintOf(der) }
      await administration.add(user)
      await trustUser(der).catch(async (error) => {
        await administration.remove(user.name)
        throw error
      })
    },
  })
}

async function modify(
  users: UserAdministration,
  name: string,
  { change, session }: { readonly change: readonly Variant[]; readonly session: ISessionContext },
): Promise<void> {
  const [modifyPassword, password, modifyConfiguration, configuration, modifyDescription, description] = change
  const made: UserChange = {
    ...(modifyPassword?.value === true ? { password: textOf(password) } : {}),
    ...(modifyConfiguration?.value === true ? flagsOf(configuration) : {}),
    ...(modifyDescription?.value === true ? { description: textOf(description) } : {}),
  }
  if (made.isEnabled === false && isOneself(session, name)) throw new Refusal(StatusCodes.BadInvalidSelfReference)
  await users.change(name, made)
}

/** Changes the password of whoever calls, who must have logged in with one. */
async function changeOwn(
  users: UserAdministration,
  asked: {
    readonly old: Variant | undefined
    readonly password: Variant | undefined
    readonly session: ISessionContext
  },
): Promise<void> {
  const name = identityOf(asked.session.session)?.name
  if (name === undefined || !users.find(name) || users.find(name)?.certificate !== undefined) {
    throw new Refusal(StatusCodes.BadInvalidState)
  }
  const { remoteAddress } = (asked.session.session as { channel?: { remoteAddress?: string } }).channel ?? {}
  await users.changeOwnPassword(name, textOf(asked.old), textOf(asked.password), remoteAddress)
}

function flagsOf(variant: Variant | undefined): Omit<UserChange, 'password' | 'description'> {
  const bits = Number(variant?.value ?? 0)
  const known = mask.noDelete | mask.disabled | mask.noChangeByUser | mask.mustChangePassword
  if ((bits & ~known) !== 0) throw new Refusal(StatusCodes.BadNotSupported)
  const [isPasswordFixed, mustChangePassword] = [mask.noChangeByUser, mask.mustChangePassword].map(
    (bit) => (bits & bit) !== 0,
  )
  // Nobody can do what only the user could, and may not.
  if (isPasswordFixed && mustChangePassword) throw new Refusal(StatusCodes.BadConfigurationError)
  return {
    ...{ isPermanent: (bits & mask.noDelete) !== 0, isEnabled: (bits & mask.disabled) === 0 },
    ...{ isPasswordFixed: isPasswordFixed === true, mustChangePassword: mustChangePassword === true },
  }
}

const unsupported: Handler = () => {
  throw new Refusal(StatusCodes.BadNotSupported)
}

function textOf(variant: Variant | undefined): string {
  return typeof variant?.value === 'string' ? variant.value : ''
}

function nameOf(session: ISessionContext): string {
  return session.getUserName?.() ?? ''
}

function isOneself(session: ISessionContext, name: string): boolean {
  return identityOf(session.session)?.name === name
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.equals(der)
  } catch {
    return false
  }
}
