import {
  AccessRestrictionsFlag,
  type AddressSpace,
  ApplicationType,
  type BaseNode,
  DataType,
  type OPCUAServer,
  resolveNodeId,
  type UAObject,
  type UAVariable,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import { replaceOwn } from '../../certificates/own.ts'
import type { OwnCertificateNews } from '../../certificates/own-certificate.ts'
import { systemClock } from '../../model/clock.ts'
import { childOf } from '../space-context.ts'
import { audited } from './audit-changes.ts'
import { applicationGroup, CertificatePush, certificateType } from './push.ts'
import { bindSecured, type MethodContext, type SecuredCall } from './secured-method.ts'
import type { ServerSecurity } from './server-security.ts'
import { trustListBytesMax } from './trust-list-content.ts'
import { bindTrustList } from './trust-list-object.ts'

/** The standard object, and what of it this server does not have. */
const ids = {
  configuration: 'i=12637',
  applicationGroup,
  userGroup: 'i=14122',
  absent: ['i=14088', 'i=32336', 'i=15892', 'i=25709'],
} as const

/** Time for the answer to reach the client before its channel ends, in milliseconds. */
const farewellMs = 1000

/** What the object needs besides. */
export interface ConfigurationContext extends MethodContext {
  readonly addressSpace: AddressSpace
  readonly security: ServerSecurity
  /** Takes what has become of the own certificate. */
  readonly onNews: (news: OwnCertificateNews) => void
}

/**
 * Brings the standard object ServerConfiguration to life (Part 12 §7.10): SecurityAdmins read and change whom the server trusts, and
 * give it another certificate, over an encrypted channel. The stack has no such package for its version, so it stands on the types.
 * The returned function ends what waits to be done.
 */
export function bindServerConfiguration(server: OPCUAServer, context: ConfigurationContext): () => void {
  const { addressSpace, security } = context
  for (const id of ids.absent) {
    const node = addressSpace.findNode(resolveNodeId(id))
    if (node) addressSpace.deleteNode(node)
  }
  const configuration = objectOf(addressSpace, ids.configuration)
  describe(configuration, server)
  bindGroup(context, ids.applicationGroup, [certificateType], () => security.channels)
  bindGroup(context, ids.userGroup, [], () => security.users)
  const end = bindCertificate(server, configuration, context)
  secure(configuration)
  return end
}

function bindGroup(
  context: ConfigurationContext,
  id: string,
  types: readonly string[],
  store: () => ServerSecurity['channels'],
): void {
  const group = objectOf(context.addressSpace, id)
  const value = types.map((type) => resolveNodeId(type))
  setValue(group, 'CertificateTypes', { dataType: DataType.NodeId, arrayType: VariantArrayType.Array, value })
  bindTrustList(context, childOf<UAObject>(group, 'TrustList'), store())
}

function describe(configuration: UAObject, { serverInfo }: OPCUAServer): void {
  const { applicationUri, productUri, applicationType } = serverInfo
  const texts = (value: readonly string[]): VariantLike => {
    return { dataType: DataType.String, arrayType: VariantArrayType.Array, value: [...value] }
  }
  const isFalse: VariantLike = { dataType: DataType.Boolean, value: false }
  setValue(configuration, 'ApplicationUri', { dataType: DataType.String, value: applicationUri })
  setValue(configuration, 'ProductUri', { dataType: DataType.String, value: productUri })
  setValue(configuration, 'ApplicationType', {
    dataType: DataType.Int32,
    value: applicationType ?? ApplicationType.Server,
  })
  setValue(configuration, 'ServerCapabilities', texts(['DA', 'AC', 'HD', 'HE']))
  setValue(configuration, 'SupportedPrivateKeyFormats', texts(['PEM']))
  setValue(configuration, 'MaxTrustListSize', { dataType: DataType.UInt32, value: trustListBytesMax })
  setValue(configuration, 'MulticastDnsEnabled', isFalse)
  setValue(configuration, 'HasSecureElement', isFalse)
}

function bindCertificate(server: OPCUAServer, configuration: UAObject, context: ConfigurationContext): () => void {
  let cancel = (): void => undefined
  const { security, onNews, addressSpace } = context
  const { own, channels } = security
  const push = new CertificatePush(
    () => own.pair,
    () => own.identity,
  )
  const bind = (name: string, call: SecuredCall) => bindSecured(context, configuration, name, call)
  const fields = {
    certificateGroup: { dataType: DataType.NodeId, value: resolveNodeId(applicationGroup) },
    certificateType: { dataType: DataType.NodeId, value: resolveNodeId(certificateType) },
  }
  const change = { addressSpace, object: configuration, type: 'OwnCertificateChangedAuditEventType', fields } as const
  const bindChange = (method: string, what: string, call: SecuredCall) =>
    bind(method, audited({ ...change, method, what }, call))
  bind('CreateSigningRequest', (inputs) => push.request(inputs.map(({ value }) => value)))
  bindChange('UpdateCertificate', 'brought another certificate of the server', (inputs, { session }) =>
    push.update(
      inputs.map(({ value }) => value),
      session,
    ),
  )
  bindChange('ApplyChanges', 'put another certificate of the server in use', async (_inputs, { session }) => {
    await replaceOwn(channels.folder, push.take(session))
    for (const news of await own.look()) onNews(news)
    cancel()
    cancel = systemClock.after(farewellMs, () => closeOldChannels(server, own.certificate.raw))
    return []
  })
  bind('CancelChanges', async (_inputs, { session }) => {
    push.take(session)
    return []
  })
  bind('GetRejectedList', async () => {
    const value = (await channels.list('rejected')).map(({ certificate }) => certificate.raw)
    return [{ dataType: DataType.ByteString, arrayType: VariantArrayType.Array, value }]
  })
  return () => cancel()
}

/** Clients have to see the new certificate (Part 12 §7.10.9). */
function closeOldChannels(server: OPCUAServer, current: Buffer): void {
  for (const channel of server.endpoints.flatMap((endpoint) => endpoint.getChannels())) {
    if (channel.clientCertificate && !channel.getCertificate().equals(current)) channel.close()
  }
}

/** Everything below it is for encrypted channels; the roles stand in the standard NodeSet. */
function secure(node: BaseNode): void {
  node.setAccessRestrictions(AccessRestrictionsFlag.SigningRequired | AccessRestrictionsFlag.EncryptionRequired)
  for (const child of node.findReferencesExAsObject('Aggregates')) secure(child)
}

function setValue(object: UAObject, name: string, value: VariantLike): void {
  childOf<UAVariable>(object, name).setValueFromSource(value)
}

function objectOf(addressSpace: AddressSpace, id: string): UAObject {
  const node = addressSpace.findNode(resolveNodeId(id))
  if (!node) throw new Error(`${id} is missing in the standard NodeSet`)
  return node as UAObject
}
