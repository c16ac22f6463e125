import { BinaryStream } from 'node-opcua'
import { TrustListDataType } from 'node-opcua-types'
import { readCertificate } from '../../certificates/certificate.ts'
import type { NewLists } from '../../certificates/replace-lists.ts'
import { readRevocationList } from '../../certificates/revocation-list.ts'
import type { TrustStore } from '../../certificates/store.ts'

/** Bits that say which lists are meant (TrustListMasks, Part 12 §7.8.2.8). */
export const listMasks = { trusted: 1, trustedRevocations: 2, issuers: 4, issuerRevocations: 8, all: 15 } as const

/** Bytes that the file of a trust list may have. */
export const trustListBytesMax = 1024 * 1024

/** The lists of a store as the file of a trust list (TrustListDataType in binary, Part 12 §7.8.2.2). */
export async function trustListOf(store: TrustStore, masks: number): Promise<Buffer> {
  const wanted = async (mask: number, list: () => Promise<Buffer[]>) => ((masks & mask) === 0 ? [] : await list())
  const certificates = (name: 'trusted' | 'issuers') => async () =>
    (await store.list(name)).map(({ certificate }) => certificate.raw)
  const revocations = (of: 'trusted' | 'issuers') => async () =>
    (await store.revocationLists(of)).map(({ list }) => list.raw)
  const content = new TrustListDataType({
    specifiedLists: masks & listMasks.all,
    trustedCertificates: await wanted(listMasks.trusted, certificates('trusted')),
    trustedCrls: await wanted(listMasks.trustedRevocations, revocations('trusted')),
    issuerCertificates: await wanted(listMasks.issuers, certificates('issuers')),
    issuerCrls: await wanted(listMasks.issuerRevocations, revocations('issuers')),
  })
  const stream = new BinaryStream(sizeOf(content))
  content.encode(stream)
  return Buffer.from(stream.buffer.subarray(0, stream.length))
}

function sizeOf({ trustedCertificates, trustedCrls, issuerCertificates, issuerCrls }: TrustListDataType): number {
  const lists = [trustedCertificates, trustedCrls, issuerCertificates, issuerCrls]
  return lists.flatMap((list) => list ?? []).reduce((sum, { length }) => sum + length + 4, 64)
}

/** The lists that the file of a trust list names; throws an Error when anything in it is no certificate or revocation list. */
export function listsOf(file: Buffer): NewLists {
  const content = new TrustListDataType()
  const stream = new BinaryStream(file)
  content.decode(stream)
  if (stream.length !== file.length) throw new Error('there are bytes behind the trust list')
  const { specifiedLists: masks } = content
  const list = <T>(mask: number, parts: readonly Uint8Array[] | null, read: (der: Uint8Array) => T) =>
    (masks & mask) === 0 ? undefined : (parts ?? []).map(read)
  return {
    trusted: list(listMasks.trusted, content.trustedCertificates, readCertificate),
    trustedRevocations: list(listMasks.trustedRevocations, content.trustedCrls, readRevocationList),
    issuers: list(listMasks.issuers, content.issuerCertificates, readCertificate),
    issuerRevocations: list(listMasks.issuerRevocations, content.issuerCrls, readRevocationList),
  }
}
