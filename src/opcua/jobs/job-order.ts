import { type AddressSpace, type EUInformation, type ExtensionObject, type LocalizedText, Variant } from 'node-opcua'
import { type JobOrder, type JobParameter, type JobReturnStatus, jobStatus } from '../../model/job.ts'
import { unitNamespace, unitOf, units } from '../../model/unit.ts'
import { isEncoded, type Value } from '../../model/value.ts'
import { valueFrom } from '../encoded-values.ts'
import { documentOf } from './job-document.ts'

/** The fields of an ISA95JobOrderDataType (OPC 10031-4 V2 §6.3.1) that decide what happens, as they come from a client. */
interface GivenOrder {
  readonly jobOrderID?: string | null
  readonly workMasterID?: readonly GivenWorkMaster[] | null
  readonly startTime?: Date | null
  readonly endTime?: Date | null
  readonly priority?: number | null
  readonly jobOrderParameters?: readonly GivenParameter[] | null
  readonly equipmentRequirements?: readonly { readonly ID?: string | null }[] | null
}

interface GivenWorkMaster {
  readonly ID?: string | null
  readonly parameters?: readonly GivenParameter[] | null
}

interface GivenParameter {
  readonly ID?: string | null
  readonly value?: unknown
  readonly engineeringUnits?: EUInformation | null
}

/** A job order that was understood, or the bits that say why it was not. */
export type GivenJobOrder = { readonly order: JobOrder } | { readonly status: JobReturnStatus }

/**
 * Takes out of a client's job order what decides what happens; whether that can be done is for others to say. It is refused when
 * it does not name exactly one work master, because then there is nothing to be decided about.
 *
 * Parameters of the work master that it names count too, as far as JobOrderParameters do not say otherwise: clients copy an
 * entry of WorkMaster and change its values.
 */
export function jobOrderOf(addressSpace: AddressSpace, structure: ExtensionObject): GivenJobOrder {
  const given = structure as ExtensionObject & GivenOrder
  const [master, ...others] = given.workMasterID ?? []
  if (!master || others.length > 0) return { status: jobStatus.invalidRequest | jobStatus.unknownWorkMaster }
  const own = (given.jobOrderParameters ?? []).map(parameterOf)
  const named = new Set(own.map(({ id }) => id))
  const inherited = (master.parameters ?? []).map(parameterOf).filter(({ id }) => !named.has(id))
  return {
    order: {
      id: given.jobOrderID ?? '',
      pipeline: master.ID ?? '',
      priority: given.priority ?? 0,
      startTime: timeOf(given.startTime),
      endTime: timeOf(given.endTime),
      parameters: [...inherited, ...own],
      equipment: (given.equipmentRequirements ?? []).map(({ ID }) => ID ?? ''),
      document: documentOf(addressSpace, structure),
    },
  }
}

/** Longest comment that is kept, in characters. */
const commentLengthMax = 4096

/** A Comment as one text: the first entry that has any, because the others are the same in other languages. */
export function commentOf(comments: unknown): string {
  const texts = Array.isArray(comments) ? comments.map((each: LocalizedText | null) => each?.text ?? '') : []
  const text = texts.find((each) => each !== '') ?? ''
  return text.length > commentLengthMax ? `${text.slice(0, commentLengthMax)}…` : text
}

function parameterOf({ ID, value, engineeringUnits }: GivenParameter): JobParameter {
  return { id: ID ?? '', value: plainValue(value), ...unitGiven(engineeringUnits) }
}

/** A value that ports can have; undefined for any other. */
function plainValue(given: unknown): Value | undefined {
  if (given === null || given === undefined) return null
  if (!(given instanceof Variant)) return undefined
  const value = valueFrom(given, [])
  const isForeign = isEncoded(value) || (Array.isArray(value) && value.some(isEncoded))
  return isForeign ? undefined : value
}

/** The unit by its number where it is of the UNECE table (Part 8 §5.6.3.3), else by what it is called. */
function unitGiven(given: EUInformation | null | undefined): Pick<JobParameter, 'unit' | 'hasUnknownUnit'> {
  if (!given) return {}
  const { namespaceUri, unitId } = given
  const name = given.displayName?.text ?? ''
  const unit =
    (namespaceUri === unitNamespace ? units.find((each) => each.unitId === unitId) : undefined) ?? unitOf(name)
  if (unit) return { unit: unit.symbol }
  const hasNumber = (namespaceUri ?? '') !== '' && unitId !== -1
  // Clients that know of no unit send an EUInformation in which nothing stands.
  if (name === '' && !hasNumber) return {}
  return { unit: name || `${namespaceUri} ${unitId}`, hasUnknownUnit: true }
}

/** The earliest time that OPC UA has stands for none (Part 6 §5.2.2.5). */
function timeOf(given: Date | null | undefined): number | undefined {
  const time = given?.getTime() ?? Number.NaN
  return Number.isNaN(time) || time <= earliest ? undefined : time
}

const earliest = Date.UTC(1601, 0, 1)
