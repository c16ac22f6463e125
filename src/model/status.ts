/**
 * OPC UA status codes as the numbers that travel on the wire (Part 4 §7.39, codes of the 1.05 `StatusCode.csv`).
 *
 * Only the codes that Millrace itself produces or explains have a name here; a status from a device may be any UInt32.
 */
export const Status = {
  Good: 0x00000000,
  GoodCompletesAsynchronously: 0x002e0000,
  GoodLocalOverride: 0x00960000,
  Uncertain: 0x40000000,
  UncertainNoCommunicationLastUsableValue: 0x408f0000,
  UncertainLastUsableValue: 0x40900000,
  UncertainSubstituteValue: 0x40910000,
  UncertainInitialValue: 0x40920000,
  UncertainSensorNotAccurate: 0x40930000,
  UncertainEngineeringUnitsExceeded: 0x40940000,
  UncertainSubNormal: 0x40950000,
  UncertainSimulatedValue: 0x42090000,
  Bad: 0x80000000,
  BadUnexpectedError: 0x80010000,
  BadInternalError: 0x80020000,
  BadOutOfMemory: 0x80030000,
  BadResourceUnavailable: 0x80040000,
  BadCommunicationError: 0x80050000,
  BadDecodingError: 0x80070000,
  BadTimeout: 0x800a0000,
  BadServiceUnsupported: 0x800b0000,
  BadShutdown: 0x800c0000,
  BadNothingToDo: 0x800f0000,
  BadTooManyOperations: 0x80100000,
  BadDataTypeIdUnknown: 0x80110000,
  BadUserAccessDenied: 0x801f0000,
  BadRequestCancelledByClient: 0x802c0000,
  BadNoCommunication: 0x80310000,
  BadWaitingForInitialData: 0x80320000,
  BadNodeIdUnknown: 0x80340000,
  BadNotReadable: 0x803a0000,
  BadNotWritable: 0x803b0000,
  BadOutOfRange: 0x803c0000,
  BadNotSupported: 0x803d0000,
  BadNotFound: 0x803e0000,
  BadHistoryOperationInvalid: 0x80710000,
  BadHistoryOperationUnsupported: 0x80720000,
  BadTypeMismatch: 0x80740000,
  BadMethodInvalid: 0x80750000,
  BadArgumentsMissing: 0x80760000,
  BadNotExecutable: 0x81110000,
  BadStateNotActive: 0x80bf0000,
  BadConfigurationError: 0x80890000,
  BadNotConnected: 0x808a0000,
  BadDeviceFailure: 0x808b0000,
  BadSensorFailure: 0x808c0000,
  BadOutOfService: 0x808d0000,
  BadInvalidArgument: 0x80ab0000,
  BadInvalidState: 0x80af0000,
  BadInvalidTimestampArgument: 0x80bd0000,
  BadNoData: 0x809b0000,
  BadDataUnavailable: 0x809e0000,
  BadRequestTimeout: 0x80850000,
  BadDeadbandFilterInvalid: 0x808e0000,
} as const

/** The name of a status code that Millrace knows. */
export type StatusName = keyof typeof Status

const nameByCode = new Map<number, StatusName>(Object.entries(Status).map(([name, code]) => [code, name as StatusName]))

/** The name of a status code, or its number in hexadecimal when it has no name here. Info bits (Part 4 §7.39.1) are ignored. */
export function statusName(code: number): string {
  const base = (code & 0xffff0000) >>> 0
  return nameByCode.get(base) ?? `0x${base.toString(16).padStart(8, '0')}`
}

/** Tells whether a status code is Good (severity bits 00). */
export function isGood(code: number): boolean {
  return code >>> 30 === 0
}

/** Tells whether a status code is Uncertain (severity bits 01): a value is there, doubt is too. */
export function isUncertain(code: number): boolean {
  return code >>> 30 === 1
}

/** Tells whether a status code is Bad (severity bits 10 or 11): the value must not be used. */
export function isBad(code: number): boolean {
  return code >>> 31 === 1
}

/** The worse of two status codes by severity; the first one when they are equally severe, so that the oldest cause stays. */
export function worst(a: number, b: number): number {
  return b >>> 30 > a >>> 30 ? b : a
}
