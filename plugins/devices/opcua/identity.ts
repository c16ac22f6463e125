import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type UserIdentityInfo, UserTokenType } from 'node-opcua-client'
import { coercePEMorDerToPrivateKey, keyOperationsFromPrivateKey, type PrivateKey } from 'node-opcua-crypto'
import type { Config } from './config.ts'

/** The part of a configuration that says who logs in. */
export type Login = Pick<Config, 'user' | 'password' | 'userCertificate' | 'userKey'>

/** How somebody logs in: by name, by certificate, or not at all. */
export function loginKind({ user, userCertificate }: Login): UserTokenType {
  if (user !== undefined) return UserTokenType.UserName
  return userCertificate === undefined ? UserTokenType.Anonymous : UserTokenType.Certificate
}

/** What the stack needs to log in; files that are not absolute lie in our folder of certificates as a client. Rejects when one cannot be used. */
export async function identityOf(login: Login, clientFolder: string): Promise<UserIdentityInfo> {
  const { user, password = '', userCertificate, userKey } = login
  if (user !== undefined) return { type: UserTokenType.UserName, userName: user, password }
  if (userCertificate === undefined || userKey === undefined) return { type: UserTokenType.Anonymous }
  const certificate = await usable(resolve(clientFolder, userCertificate), 'userCertificate')
  const key = await usable(resolve(clientFolder, userKey), 'userKey')
  return {
    type: UserTokenType.Certificate,
    certificateData: certificateIn(certificate, userCertificate),
    keyOperations: keyOperationsFromPrivateKey(keyIn(key, userKey)),
  }
}

async function usable(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new Error(`${what} ${file} cannot be read; check the path and its permissions`, { cause })
  }
}

function keyIn(content: Buffer, file: string): PrivateKey {
  try {
    return coercePEMorDerToPrivateKey(content.toString('utf8'))
  } catch (cause) {
    throw new Error(`userKey ${file} is no private key in PEM without a passphrase`, { cause })
  }
}

function certificateIn(content: Buffer, file: string): Buffer {
  try {
    return new X509Certificate(content).raw
  } catch (cause) {
    throw new Error(`userCertificate ${file} is no certificate in PEM or DER`, { cause })
  }
}
