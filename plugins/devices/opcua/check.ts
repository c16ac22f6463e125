import { parseAddress } from './address.ts'
import type { ArgumentConfig, Config, MethodConfig, TagConfig } from './config.ts'
import { isNumber, typeOf } from './types.ts'

const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/

/** What is wrong with a configuration beyond the form of its fields; messages name the tag or the method. */
export function complaintsAbout(config: Config): string[] {
  return [
    ...complaintsAboutServer(config),
    ...repeated(config.tags).map((name) => `the tag '${name}' is declared twice; rename one`),
    ...repeated(config.methods).map((name) => `the method '${name}' is declared twice; rename one`),
    ...config.tags.flatMap(complaintsAboutTag),
    ...config.methods.flatMap(complaintsAboutMethod),
  ]
}

function complaintsAboutServer(config: Config): string[] {
  const { url, user, password, userCertificate, userKey, securityMode, securityPolicy, serverThumbprint } = config
  return [
    ...complaintsAboutUrl(url),
    ...(user === undefined && password !== undefined ? ['password stands without a user; add one'] : []),
    ...(user !== undefined && password === undefined ? ['user stands without a password; add one'] : []),
    ...((userCertificate === undefined) === (userKey === undefined)
      ? []
      : ['userCertificate and userKey belong together; give both']),
    ...(user !== undefined && userCertificate !== undefined
      ? ['user and userCertificate are two ways to log in; remove one of them']
      : []),
    ...(securityMode === 'None' && securityPolicy !== 'best'
      ? [`securityPolicy is ${securityPolicy} and securityMode None; remove one of them`]
      : []),
    ...(serverThumbprint === undefined || /^([0-9a-f]{2}:?){20}$/i.test(serverThumbprint)
      ? []
      : ['serverThumbprint is not a SHA-1 thumbprint; give its 40 hexadecimal digits']),
  ]
}

function complaintsAboutUrl(url: string): string[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  // Whatever stands before an @ may be a password, so the address is not repeated.
  if (parsed && (parsed.username !== '' || parsed.password !== '')) {
    return ['url holds a user or a password; write them under user and password']
  }
  const isUsable = parsed?.protocol === 'opc.tcp:' && parsed.hostname !== ''
  return isUsable ? [] : ['url is not of the form opc.tcp://host:port']
}

function repeated(named: readonly { readonly name: string }[]): string[] {
  const seen = new Set<string>()
  return named.flatMap(({ name }) => {
    if (seen.has(name)) return [name]
    seen.add(name)
    return []
  })
}

function complaintsAboutTag(tag: TagConfig): string[] {
  const { name, node, deadband, deadbandType, access } = tag
  const address = parseAddress(node)
  return [
    ...('complaint' in address ? [`the node of '${name}' ${address.complaint}`] : []),
    ...complaintsAboutValue(tag, `'${name}'`),
    ...(deadband !== undefined && !isNumber(tag)
      ? [`'${name}' is a ${typeOf(tag)} and has no deadband; remove it`]
      : []),
    ...(deadband !== undefined && deadbandType === 'percent' && deadband > 100
      ? [`'${name}' has a deadband of ${deadband} %; it is at most 100`]
      : []),
    ...(access === 'write' && deadband !== undefined ? [`'${name}' is only written; remove its deadband`] : []),
  ]
}

function complaintsAboutValue(value: ArgumentConfig, what: string): string[] {
  const { min, max, unit } = value
  const isPlain = !isNumber(value)
  return [
    ...(isPlain && (unit !== undefined || min !== undefined || max !== undefined)
      ? [`${what} is a ${typeOf(value)} and has neither unit nor range; remove them`]
      : []),
    ...(min !== undefined && max !== undefined && min >= max
      ? [`${what} has min ${min}, which is not below max ${max}`]
      : []),
  ]
}

function complaintsAboutMethod({ name, object, method, inputs, outputs }: MethodConfig): string[] {
  const places = { object: parseAddress(object), method: parseAddress(method) }
  const badNames = [name, ...[...inputs, ...outputs].map((each) => each.name)].filter((each) => !namePattern.test(each))
  return [
    ...badNames.map(
      (each) =>
        `the method '${name}' uses the name ${JSON.stringify(each)}; a name is up to 32 letters, digits, _ and -`,
    ),
    ...Object.entries(places).flatMap(([what, address]) =>
      'complaint' in address ? [`the ${what} of '${name}' ${address.complaint}`] : [],
    ),
    ...[...repeated(inputs), ...repeated(outputs)].map((each) => `the method '${name}' has two arguments ${each}`),
    ...[...inputs, ...outputs].flatMap((each) => complaintsAboutValue(each, `${each.name} of '${name}'`)),
  ]
}
