import {
  coerceSecurityPolicy,
  type EndpointDescription,
  MessageSecurityMode,
  SecurityPolicy,
  UserTokenType,
} from 'node-opcua-client'
import { MillraceError } from '../../model/errors.ts'

/** Policies that are thought to be secure, the best one first. */
const policies: readonly SecurityPolicy[] = [
  SecurityPolicy.Aes256_Sha256_RsaPss,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Basic256Sha256,
]

/**
 * Chooses the most secure of the endpoints that a server offers. Only signed and encrypted ones count, so that no password and no
 * answer can be read on the way; throws `server-insecure` when there is none that takes the login.
 */
export function chooseEndpoint(
  offered: readonly EndpointDescription[],
  { url, user }: { readonly url: string; readonly user: string | undefined },
): EndpointDescription {
  const encrypted = offered
    .filter(
      (each) => each.endpointUrl?.startsWith('opc.tcp:') && each.securityMode === MessageSecurityMode.SignAndEncrypt,
    )
    .filter((each) => rankOf(each) >= 0)
    .sort((a, b) => rankOf(a) - rankOf(b))
  const kind = user === undefined ? UserTokenType.Anonymous : UserTokenType.UserName
  const best = encrypted.find((each) => takesLogin(each, kind))
  if (best) return best
  if (encrypted.length === 0) {
    const told = [...new Set(offered.map(nameOf))].join(', ') || 'nothing'
    throw new MillraceError('server-insecure', `${url} offers ${told}, none of which is encrypted well`)
  }
  const login = user === undefined ? 'clients without a login; give --user' : 'names of users'
  throw new MillraceError('server-insecure', `${url} takes no ${login}`)
}

function rankOf({ securityPolicyUri }: EndpointDescription): number {
  return policies.indexOf(coerceSecurityPolicy(securityPolicyUri))
}

/** An endpoint without any policy for logins takes anonymous ones (Part 4 §7.14). */
function takesLogin({ userIdentityTokens }: EndpointDescription, kind: UserTokenType): boolean {
  const kinds = (userIdentityTokens ?? []).map(({ tokenType }) => tokenType)
  return kinds.includes(kind) || (kinds.length === 0 && kind === UserTokenType.Anonymous)
}

function nameOf({ securityMode, securityPolicyUri }: EndpointDescription): string {
  return `${MessageSecurityMode[securityMode]} ${securityPolicyUri?.split('#')[1] ?? ''}`.trim()
}
