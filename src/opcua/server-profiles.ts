const profile = (name: string): string => `http://opcfoundation.org/UA-Profile/${name}`

/**
 * The profiles that the server claims in `Server.ServerCapabilities.ServerProfileArray`: those that a test of this project
 * exercises through a client, and no other. It is no claim of certification.
 */
export const serverProfiles: readonly string[] = [
  profile('Transport/uatcp-uasc-uabinary'),
  profile('Server/DataAccess'),
  profile('Server/Methods'),
  profile('Server/ComplexTypes2017'),
  profile('Server/StateMachine'),
  profile('Server/StandardEventSubscription'),
  profile('Server/AddressSpaceNotifier'),
]

/** What it claims besides when events are kept. */
export const eventHistoryProfiles: readonly string[] = [profile('Server/BaseHistoricalEvent2022')]

/** What it claims besides when equipment takes job orders (OPC 10031-4 V2 Table 81, OPC 40001-3 Table 23). */
export const jobProfiles: readonly string[] = [
  profile('ISA-95/Server/JobOrderReceiverV2'),
  profile('ISA-95/Server/JobResponseProviderV2'),
  profile('ISA-95/Server/JobOrderStatusEvents'),
  profile('Machinery/Jobs/Server/Base'),
]

/** The profiles that it claims besides when the plant has a historian. */
export const historyProfiles: readonly string[] = [
  profile('Server/HistoricalRawData2022'),
  profile('Server/HistoricalModifiedData2022'),
  profile('Server/HistoricalDataAtTime2022'),
  profile('Server/AggregateHistorical2022'),
  profile('Server/HistoricalDataInsert2022'),
  profile('Server/HistoricalDataReplace2022'),
  profile('Server/HistoricalDataUpdate2022'),
  profile('Server/HistoricalDataDelete2022'),
]
