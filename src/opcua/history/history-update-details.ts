import { DataType, type DataValue, PermissionType } from 'node-opcua'
import {
  DeleteAtTimeDetails,
  DeleteEventDetails,
  DeleteRawModifiedDetails,
  PerformUpdateType,
  UpdateDataDetails,
  UpdateEventDetails,
  UpdateStructureDataDetails,
} from 'node-opcua-types'
import type { Port } from '../../model/port.ts'
import { isBad, Status } from '../../model/status.ts'
import type { HistoryDetails } from '../call-witness.ts'
import { fromVariant, isMultiState, toVariant } from '../conversion.ts'
import type { Historized } from './historized-variables.ts'
import type { HistoryEdit, HistoryEntry } from './history-view.ts'
import { timeOf } from './places.ts'

/** One value or time of a request: what is wrong with it, or its index in the edit. */
interface Operation {
  readonly status: number
  readonly index?: number
}

/** What an element of a request means for the historian. */
export interface Prepared {
  /** Bad when the element is wrong as a whole. */
  readonly status: number
  /** Absent when none of it can be carried out. */
  readonly edit?: HistoryEdit
  /** One for each value or time; none for a range. */
  readonly operations: readonly Operation[]
}

/** The ways to put values into history, by their numbers (Part 11 §6.9.2). */
const kinds: Readonly<Partial<Record<PerformUpdateType, 'insert' | 'replace' | 'update'>>> = {
  [PerformUpdateType.Insert]: 'insert',
  [PerformUpdateType.Replace]: 'replace',
  [PerformUpdateType.Update]: 'update',
}

/** DateTimes from here on mean "no end" (Part 6 §5.2.2.5). */
const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59)

/** The element of a request, or the status code for one that is none, or that asks for what is not there. */
export function detailsOf(asked: unknown): HistoryDetails | number {
  if (asked instanceof UpdateDataDetails || asked instanceof DeleteRawModifiedDetails) return asked
  if (asked instanceof DeleteAtTimeDetails) return asked
  const isKnown = [UpdateStructureDataDetails, UpdateEventDetails, DeleteEventDetails].some(
    (type) => asked instanceof type,
  )
  return isKnown ? Status.BadHistoryOperationUnsupported : Status.BadHistoryOperationInvalid
}

/** How many values or times an element of a request brings; any other element counts as one. */
export function operationsOf(asked: unknown): number {
  if (asked instanceof UpdateDataDetails) return asked.updateValues?.length ?? 0
  return asked instanceof DeleteAtTimeDetails ? (asked.reqTimes?.length ?? 0) : 1
}

/** What a user must be allowed for it (PermissionType, Part 3 §8.55). */
export function permissionsFor(details: HistoryDetails): readonly PermissionType[] {
  if (!(details instanceof UpdateDataDetails)) return [PermissionType.DeleteHistory]
  switch (details.performInsertReplace) {
    case PerformUpdateType.Insert:
      return [PermissionType.InsertHistory]
    case PerformUpdateType.Replace:
      return [PermissionType.ModifyHistory]
    default:
      return [PermissionType.InsertHistory, PermissionType.ModifyHistory]
  }
}

/** Turns an element of a request into a change; what does not fit has its status, and the rest is carried out. */
export function prepare(details: HistoryDetails, { tag, port }: Historized): Prepared {
  if (details instanceof DeleteRawModifiedDetails) return prepareRange(details, tag)
  if (details instanceof DeleteAtTimeDetails) {
    const { sound: times, operations } = sift(details.reqTimes ?? [], (date) => checkedTime(timeOf(date)))
    return preparedList(operations, { kind: 'delete', tag, times })
  }
  const kind = kinds[details.performInsertReplace]
  if (!kind) return { status: statusOfOther(details.performInsertReplace), operations: [] }
  const { sound: entries, operations } = sift(details.updateValues ?? [], (value) => entryOf(value, port))
  return preparedList(operations, { kind, tag, entries })
}

/** Only structured history has entries that are removed by their value (Part 11 §6.9.3.6). */
function statusOfOther(kind: PerformUpdateType): number {
  return kind === PerformUpdateType.Remove ? Status.BadHistoryOperationUnsupported : Status.BadHistoryOperationInvalid
}

/** Both times are there, and the start is not after the end (Part 11 §6.9.5.1). */
function prepareRange({ startTime, endTime, isDeleteModified }: DeleteRawModifiedDetails, tag: string): Prepared {
  const [from, to] = [timeOf(startTime), timeOf(endTime)]
  if (from === undefined || to === undefined || from > to) {
    return { status: Status.BadInvalidTimestampArgument, operations: [] }
  }
  const range = { tag, from, to }
  const edit: HistoryEdit = isDeleteModified ? { kind: 'deleteModified', ...range } : { kind: 'delete', ...range }
  return { status: Status.Good, edit, operations: [] }
}

function preparedList(operations: readonly Operation[], edit: HistoryEdit): Prepared {
  if (operations.length === 0) return { status: Status.BadHistoryOperationInvalid, operations }
  const isAnySound = operations.some(({ index }) => index !== undefined)
  return { status: Status.Good, operations, ...(isAnySound ? { edit } : {}) }
}

/** What is sound of a list, and for each element its status or its index among the sound ones. */
function sift<Given, Sound>(
  given: readonly Given[],
  check: (each: Given) => { readonly sound: Sound } | { readonly status: number },
): { readonly sound: Sound[]; readonly operations: Operation[] } {
  const sound: Sound[] = []
  const operations = given.map((each): Operation => {
    const checked = check(each)
    return 'status' in checked ? checked : { status: Status.Good, index: sound.push(checked.sound) - 1 }
  })
  return { sound, operations }
}

function checkedTime(time: number | undefined): { readonly sound: number } | { readonly status: number } {
  if (time === undefined) return { status: Status.BadInvalidTimestampArgument }
  return time >= endOfTime ? { status: Status.BadOutOfRange } : { sound: time }
}

/** The entry of a DataValue. Its source time is its place in history; what it says of the server's time is not kept. */
function entryOf(
  { value: variant, statusCode, sourceTimestamp, sourcePicoseconds }: DataValue,
  port: Port,
): { readonly sound: HistoryEntry } | { readonly status: number } {
  const time = checkedTime(timeOf(sourceTimestamp, sourcePicoseconds ?? 0))
  if ('status' in time) return time
  const status = statusCode.value >>> 0
  const isMissing = !variant || variant.dataType === DataType.Null || variant.value === null
  if (isMissing) {
    return isBad(status) ? { sound: { time: time.sound, status, value: null } } : { status: Status.BadTypeMismatch }
  }
  if (isMultiState(port) && variant.dataType !== DataType.UInt32) return { status: Status.BadTypeMismatch }
  const value = fromVariant(port, variant)
  if (value === undefined) return { status: isMultiState(port) ? Status.BadOutOfRange : Status.BadTypeMismatch }
  // A text or a date inside an array may be missing.
  const checked = toVariant(port, value)
  return 'status' in checked ? checked : { sound: { time: time.sound, status, value } }
}
