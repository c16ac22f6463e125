import type { OPCUACertificateManager } from 'node-opcua'
import type { OwnCertificate } from '../../certificates/own-certificate.ts'
import type { TrustStore } from '../../certificates/store.ts'

/** What is known of certificates before the server is there: the stores, and who the server is. */
export interface ServerSecurity {
  /** Whose channels are accepted. */
  readonly channels: TrustStore
  /** Which certificates people may log in with. */
  readonly users: TrustStore
  readonly own: OwnCertificate
  /** The stores as the stack wants them. */
  readonly stackStores: {
    readonly serverCertificateManager: OPCUACertificateManager
    readonly userCertificateManager: OPCUACertificateManager
  }
}
