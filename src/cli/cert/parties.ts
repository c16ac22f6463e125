/** The stores of a folder of certificates, by whom they are about, and where each lies. */
export const storeByParty = { clients: 'own', users: 'users', servers: 'client' } as const

/** Whom a store is about: clients of the server, people who log in, or servers that the plant is a client of. */
export type Party = keyof typeof storeByParty

/** Options that every command of certificates takes. */
export interface CertOptions {
  readonly certificates?: string
  readonly for?: Party
}
