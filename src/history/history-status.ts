/** Status codes that only history knows (Part 11 and Part 13; numbers of the 1.05 `StatusCode.csv`). */
export const HistoryStatus = {
  /** No data in a range (Part 11 §6.5.3). */
  GoodNoData: 0x00a50000,
  GoodEntryInserted: 0x00a20000,
  GoodEntryReplaced: 0x00a30000,
  UncertainDataSubNormal: 0x40a40000,
  BadNoData: 0x809b0000,
  /** Samples were lost here; the value of such a sample is how many. */
  BadDataLost: 0x809d0000,
  BadEntryExists: 0x809f0000,
  BadNoEntryExists: 0x80a00000,
  BadBoundNotFound: 0x80d70000,
} as const

const nameByCode = new Map<number, string>(Object.entries(HistoryStatus).map(([name, code]) => [code, name]))

/** The name of a status code that only history knows; undefined for any other. Info bits are ignored. */
export function historyStatusName(status: number): string | undefined {
  return nameByCode.get((status & 0xffff0000) >>> 0)
}

/** Bits that say where a value of history came from (Part 4 §7.39.1, HistorianBits). Raw has none of them. */
export const HistorianBit = { calculated: 1, interpolated: 2, partial: 4, extraData: 8, multipleValues: 16 } as const

/** InfoType DataValue: the historian bits mean something. */
const infoTypeDataValue = 0x400

/** A status code with historian bits set; with none it is left as it is, which reads as Raw. */
export function withBits(status: number, bits: number): number {
  return bits === 0 ? status : (status | infoTypeDataValue | bits) >>> 0
}
