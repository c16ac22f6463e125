import { type OPCUACertificateManager, type StatusCode, StatusCodes } from 'node-opcua'
import { readCertificate } from '../../certificates/certificate.ts'
import type { Verdict } from '../../certificates/judge.ts'
import type { TrustStore } from '../../certificates/store.ts'
import { systemClock } from '../../model/clock.ts'

type Bytes = Uint8Array | readonly Uint8Array[]
type Answer = (error: Error | null, status?: StatusCode) => void

/**
 * Lets the stack judge certificates by a store of ours.
 *
 * The stack's own store keeps an index in memory that follows the folders with a delay, loses certificates while it reads them
 * again, keeps whatever strangers send without a bound, and takes revocation lists that nobody signed.
 */
export function stackStoreOf(store: TrustStore): OPCUACertificateManager {
  // The stack asks for the server's own certificate too, which is not to be kept among the refused ones.
  const verify = async (bytes: Bytes): Promise<string> => (await store.verdict(joined(bytes), systemClock.now())).status
  const check = async (bytes: Bytes) => statusCodeOf((await store.judge(joined(bytes), systemClock.now())).status)
  const put = (list: 'trusted' | 'rejected' | 'issuers') => async (bytes: Bytes) => {
    await store.put(list, readCertificate(Array.isArray(bytes) ? bytes[0] : (bytes as Uint8Array)))
  }
  const adapter = {
    referenceCounter: 0,
    initialize: () => store.prepare(),
    dispose: async () => undefined,
    verifyCertificate: verify,
    /** Users are judged with a callback, and channels with a promise. */
    checkCertificate(bytes: Bytes, answer?: Answer): Promise<StatusCode> | undefined {
      const judged = check(bytes)
      if (!answer) return judged
      judged.then(
        (status) => answer(null, status),
        (error: Error) => answer(error),
      )
      return undefined
    },
    getTrustStatus: async (bytes: Uint8Array) => statusCodeOf(await verify(bytes)),
    trustCertificate: put('trusted'),
    rejectCertificate: put('rejected'),
    addIssuer: put('issuers'),
  }
  // The stack asks its stores for no more than this.
  return adapter as unknown as OPCUACertificateManager
}

/** The status code of a verdict in the stack's own form. */
export function statusCodeOf(status: Verdict['status'] | string): StatusCode {
  return (StatusCodes as unknown as Record<string, StatusCode>)[status] ?? StatusCodes.BadSecurityChecksFailed
}

function joined(bytes: Bytes): Uint8Array {
  return Array.isArray(bytes) ? Buffer.concat(bytes as Uint8Array[]) : (bytes as Uint8Array)
}
