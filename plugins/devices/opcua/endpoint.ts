import { Rejected } from 'millrace/plugin'
import {
  coerceSecurityPolicy,
  type EndpointDescription,
  MessageSecurityMode,
  SecurityPolicy,
  StatusCodes,
  UserTokenType,
} from 'node-opcua-client'
import type { Config } from './config.ts'
import { type Login, loginKind } from './identity.ts'

/** Policies that are still thought to be secure, the best one first; the modes likewise. */
const policies: readonly SecurityPolicy[] = [
  SecurityPolicy.Aes256_Sha256_RsaPss,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Basic256Sha256,
]
const modes: readonly MessageSecurityMode[] = [MessageSecurityMode.SignAndEncrypt, MessageSecurityMode.Sign]

type Wish = Pick<Config, 'url' | 'securityMode' | 'securityPolicy'> & Login

/**
 * Chooses the best of the endpoints that a server offers and the configuration allows.
 *
 * None is chosen only when it is asked for: a server that offers nothing else is refused (Rejected), and so is one that takes
 * no login of the wanted kind, or would have to be sent a password in plain text.
 */
export function chooseEndpoint(offered: readonly EndpointDescription[], wish: Wish): EndpointDescription {
  const best = bestOf(offered, wish)
  if (!best) throw refusal(offered, wish)
  if (wish.user !== undefined) requireSecretPassword(best, wish.url)
  return best
}

/**
 * Checks that the endpoints a server tells over the secure channel hold none better than the one that was chosen: the list was
 * first asked for without security, where somebody may have taken the good ones out (Part 4 §5.7.2).
 */
export function confirmEndpoint(
  chosen: EndpointDescription,
  offered: readonly EndpointDescription[],
  wish: Wish,
): void {
  if (wish.securityMode === 'None' || offered.length === 0) return
  const best = bestOf(offered, wish)
  if (!best || rankOf(best) >= rankOf(chosen)) return
  throw new Rejected(
    `${wish.url} offers ${nameOf(best)}, but the list of its endpoints was changed on its way; look for who did that`,
    { status: StatusCodes.BadSecurityChecksFailed.value },
  )
}

function bestOf(offered: readonly EndpointDescription[], wish: Wish): EndpointDescription | undefined {
  const usable = allowed(offered, wish).filter((each) => takesLogin(each, wish))
  return usable.sort((a, b) => rankOf(a) - rankOf(b))[0]
}

function allowed(offered: readonly EndpointDescription[], wish: Wish): EndpointDescription[] {
  return offered.filter((each) => each.endpointUrl?.startsWith('opc.tcp:') && isAllowed(each, wish))
}

/** An endpoint without any policy for logins takes anonymous ones. */
function takesLogin({ userIdentityTokens }: EndpointDescription, wish: Wish): boolean {
  const kind = loginKind(wish)
  const kinds = (userIdentityTokens ?? []).map(({ tokenType }) => tokenType)
  return kinds.includes(kind) || (kinds.length === 0 && kind === UserTokenType.Anonymous)
}

const nameOfLogin: Readonly<Partial<Record<UserTokenType, string>>> = {
  [UserTokenType.Anonymous]: 'anonymous login',
  [UserTokenType.UserName]: 'user name',
  [UserTokenType.Certificate]: 'certificate of a user',
}

function isAllowed({ securityMode, securityPolicyUri }: EndpointDescription, wish: Wish): boolean {
  if (wish.securityMode === 'None') return securityMode === MessageSecurityMode.None
  const policy = coerceSecurityPolicy(securityPolicyUri)
  return (
    modes.includes(securityMode) &&
    policies.includes(policy) &&
    (wish.securityMode === 'best' || MessageSecurityMode[wish.securityMode] === securityMode) &&
    (wish.securityPolicy === 'best' || SecurityPolicy[wish.securityPolicy] === policy)
  )
}

/** The lower the better; encryption counts more than the algorithm. */
function rankOf({ securityMode, securityPolicyUri }: EndpointDescription): number {
  return modes.indexOf(securityMode) * policies.length + policies.indexOf(coerceSecurityPolicy(securityPolicyUri))
}

function refusal(offered: readonly EndpointDescription[], wish: Wish): Rejected {
  const { url, securityMode, securityPolicy } = wish
  const [secured] = allowed(offered, wish)
  if (secured) {
    const remedy = 'log in another way, or choose another security'
    return new Rejected(`${url} takes no ${nameOfLogin[loginKind(wish)]} at ${nameOf(secured)}; ${remedy}`, {
      status: StatusCodes.BadIdentityTokenRejected.value,
    })
  }
  const told = [...new Set(offered.map(nameOf))].join(', ') || 'nothing'
  const isOpen = offered.some((each) => each.securityMode === MessageSecurityMode.None)
  const wanted = securityMode === 'None' ? 'None' : `securityMode ${securityMode} with securityPolicy ${securityPolicy}`
  const remedy =
    isOpen && offered.every((each) => each.securityMode === MessageSecurityMode.None)
      ? 'secure the server, or write securityMode: None when its network can be trusted'
      : 'choose one of them'
  return new Rejected(`${url} does not offer ${wanted} but ${told}; ${remedy}`, {
    status: StatusCodes.BadSecurityModeRejected.value,
  })
}

function nameOf({ securityMode, securityPolicyUri }: EndpointDescription): string {
  return `${MessageSecurityMode[securityMode]} ${securityPolicyUri?.split('#')[1] ?? ''}`.trim()
}

function requireSecretPassword(endpoint: EndpointDescription, url: string): void {
  const tokens = (endpoint.userIdentityTokens ?? []).filter(({ tokenType }) => tokenType === UserTokenType.UserName)
  if (endpoint.securityMode === MessageSecurityMode.SignAndEncrypt) return
  const hasKey = (endpoint.serverCertificate?.length ?? 0) > 0
  const isSecret = tokens.some(({ securityPolicyUri }) => {
    // A token without a policy of its own has the one of the endpoint (Part 4 §7.41).
    const policy = coerceSecurityPolicy(securityPolicyUri || endpoint.securityPolicyUri)
    return policy !== SecurityPolicy.None && policy !== SecurityPolicy.Invalid
  })
  if (hasKey && isSecret) return
  throw new Rejected(`${url} takes the password only in plain text at ${nameOf(endpoint)}; choose another security`, {
    status: StatusCodes.BadSecurityPolicyRejected.value,
  })
}
