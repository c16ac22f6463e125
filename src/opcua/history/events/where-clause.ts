import {
  type ContentFilter,
  type ContentFilterElement,
  DataType,
  ElementOperand,
  FilterOperator,
  LiteralOperand,
  type NodeId,
  SimpleAttributeOperand,
  type StatusCode,
  StatusCodes,
  type Variant,
  validateContentFilter,
} from 'node-opcua'
import { compare, convert, type Datum, datumOf, equals, truthOf } from './datum.ts'
import { likeOf } from './like.ts'

/** What a filter can ask of an event. */
export interface EventFacts {
  valueFor(operand: SimpleAttributeOperand): Variant
  /** Tells whether the event is of a type or of a subtype of it. */
  isOfType(type: NodeId): boolean
}

/** A filter that is ready: tells whether an event passes. */
export type EventTest = (event: EventFacts) => boolean

type Evaluate = (event: EventFacts) => Datum

/** A filter that cannot be evaluated, and the status that says why. */
class Unsound extends Error {
  readonly status: StatusCode

  constructor(status: StatusCode) {
    super(status.name)
    this.status = status
  }
}

const { BadFilterOperandInvalid, BadFilterOperatorInvalid, BadFilterOperatorUnsupported } = StatusCodes

/**
 * Makes a test of a where-clause (Part 4 §7.7): all operators but InView and RelatedTo, with NULL as the third truth value and
 * the implicit conversions of Table 122. Without elements everything passes; an event passes when the first one is TRUE.
 *
 * The stack's own evaluation, for live events, has no Like, IsNull, Cast or bits, and compares nothing but integers and texts.
 */
export function compileWhere(clause: ContentFilter | null | undefined): EventTest | { readonly status: StatusCode } {
  const elements = clause?.elements ?? []
  if (!clause || elements.length === 0) return () => true
  // Loops, places beyond the end, and wrong numbers of operands; the guard bounds how large a clause may be.
  const status = validateContentFilter(clause)
  if (!status.isGood()) return { status }
  const made = new Map<number, Evaluate>()
  try {
    const first = compileElement(elements, 0, made)
    return (event) => truthOf(first(event)) === true
  } catch (error) {
    if (error instanceof Unsound) return { status: error.status }
    throw error
  }
}

/** The types that a clause asks for at least: those of OfType elements that must all hold; empty when it asks for none. */
export function typesAsked(clause: ContentFilter | null | undefined): readonly NodeId[] {
  const elements = clause?.elements ?? []
  const seen = new Set<number>()
  const below = (index: number): readonly NodeId[] => {
    if (seen.has(index)) return []
    seen.add(index)
    const element = elements[index]
    const operands = (element?.filterOperands ?? []) as readonly unknown[]
    if (element?.filterOperator === FilterOperator.OfType) {
      const [operand] = operands
      return operand instanceof LiteralOperand ? [operand.value.value as NodeId] : []
    }
    if (element?.filterOperator !== FilterOperator.And) return []
    return operands.flatMap((operand) => (operand instanceof ElementOperand ? below(operand.index) : []))
  }
  return below(0)
}

function compileElement(
  elements: readonly (ContentFilterElement | null)[],
  index: number,
  made: Map<number, Evaluate>,
): Evaluate {
  const known = made.get(index)
  if (known) return known
  const element = elements[index]
  const operands = (element?.filterOperands ?? []) as readonly unknown[]
  if (!element) throw new Unsound(StatusCodes.BadFilterElementInvalid)
  if (element.filterOperator === FilterOperator.OfType) return ofType(operands[0])
  const evaluate = operatorOf(
    element.filterOperator,
    operands.map((operand) => compileOperand(operand, elements, made)),
    operands,
  )
  made.set(index, evaluate)
  return evaluate
}

function compileOperand(
  operand: unknown,
  elements: readonly (ContentFilterElement | null)[],
  made: Map<number, Evaluate>,
): Evaluate {
  if (operand instanceof ElementOperand) return compileElement(elements, operand.index, made)
  if (operand instanceof SimpleAttributeOperand) return (event) => datumOf(event.valueFor(operand))
  if (!(operand instanceof LiteralOperand)) throw new Unsound(BadFilterOperandInvalid)
  const literal = datumOf(operand.value)
  return () => literal
}

function ofType(operand: unknown): Evaluate {
  if (!(operand instanceof LiteralOperand) || operand.value.dataType !== DataType.NodeId || !operand.value.value) {
    throw new Unsound(BadFilterOperandInvalid)
  }
  const type = operand.value.value as NodeId
  return (event) => boolean(event.isOfType(type))
}

function operatorOf(operator: FilterOperator, operands: readonly Evaluate[], asked: readonly unknown[]): Evaluate {
  const [first = nothing, second = nothing, third = nothing] = operands
  switch (operator) {
    case FilterOperator.Equals:
      return (event) => maybe(equals(first(event), second(event)))
    case FilterOperator.IsNull:
      return (event) => boolean(first(event) === null)
    case FilterOperator.GreaterThan:
      return ordered(first, second, (order) => order > 0)
    case FilterOperator.LessThan:
      return ordered(first, second, (order) => order < 0)
    case FilterOperator.GreaterThanOrEqual:
      return ordered(first, second, (order) => order >= 0)
    case FilterOperator.LessThanOrEqual:
      return ordered(first, second, (order) => order <= 0)
    case FilterOperator.Between:
      return joined(
        ordered(first, second, (order) => order >= 0),
        ordered(first, third, (order) => order <= 0),
        false,
      )
    case FilterOperator.InList:
      return inList(first, operands.slice(1))
    case FilterOperator.Like:
      return like(first, second)
    case FilterOperator.Not:
      return (event) => {
        const truth = truthOf(first(event))
        return truth === null ? null : boolean(!truth)
      }
    case FilterOperator.And:
      return joined(first, second, false)
    case FilterOperator.Or:
      return joined(first, second, true)
    case FilterOperator.Cast:
      return cast(first, asked[1])
    case FilterOperator.BitwiseAnd:
      return bits(first, second, (a, b) => a & b)
    case FilterOperator.BitwiseOr:
      return bits(first, second, (a, b) => a | b)
    case FilterOperator.InView:
    case FilterOperator.RelatedTo:
      throw new Unsound(BadFilterOperatorUnsupported)
    default:
      throw new Unsound(BadFilterOperatorInvalid)
  }
}

function nothing(): Datum {
  return null
}

function boolean(value: boolean): Datum {
  return { kind: 'boolean', value }
}

function maybe(value: boolean | undefined): Datum {
  return value === undefined ? null : boolean(value)
}

function ordered(first: Evaluate, second: Evaluate, holds: (order: number) => boolean): Evaluate {
  return (event) => {
    const order = compare(first(event), second(event))
    return order === undefined ? null : boolean(holds(order))
  }
}

/** One truth wins over everything, also over NULL: FALSE in And, TRUE in Or (Part 4 Tables 120 and 121). */
function joined(first: Evaluate, second: Evaluate, winner: boolean): Evaluate {
  return (event) => {
    const a = truthOf(first(event))
    if (a === winner) return boolean(winner)
    const b = truthOf(second(event))
    if (b === winner) return boolean(winner)
    return a === null || b === null ? null : boolean(!winner)
  }
}

function inList(first: Evaluate, list: readonly Evaluate[]): Evaluate {
  return (event) => {
    const value = first(event)
    return boolean(list.some((each) => equals(value, each(event)) === true))
  }
}

/** A pattern is the same for every event as a rule, so it is made once for each text. */
function like(first: Evaluate, second: Evaluate): Evaluate {
  let known: { readonly pattern: string; readonly test: (text: string) => boolean } | undefined
  return (event) => {
    const [text, pattern] = [first(event), second(event)]
    if (text?.kind !== 'text' || pattern?.kind !== 'text') return null
    if (known?.pattern !== pattern.value) known = { pattern: pattern.value, test: likeOf(pattern.value) }
    return boolean(known.test(text.value))
  }
}

/** Data types that a value can be cast to, by the numbers of their NodeIds; numbers of any size stay as they are. */
const castKinds: Readonly<Record<number, NonNullable<Datum>['kind']>> = {
  ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((id) => [id, 'number'])),
  [DataType.Boolean]: 'boolean',
  [DataType.String]: 'text',
  [DataType.DateTime]: 'time',
}

function cast(first: Evaluate, asked: unknown): Evaluate {
  const type = asked instanceof LiteralOperand ? (asked.value.value as NodeId | null) : null
  const kind = type?.namespace === 0 ? castKinds[Number(type.value)] : undefined
  if (!kind) throw new Unsound(BadFilterOperandInvalid)
  return (event) => {
    const value = first(event)
    return value && convert(value, kind)
  }
}

function bits(first: Evaluate, second: Evaluate, combine: (a: bigint, b: bigint) => bigint): Evaluate {
  const whole = (datum: Datum): bigint | null => {
    const number = datum && convert(datum, 'number')?.value
    if (typeof number === 'bigint') return number
    return typeof number === 'number' && Number.isInteger(number) ? BigInt(number) : null
  }
  return (event) => {
    const [a, b] = [whole(first(event)), whole(second(event))]
    return a === null || b === null ? null : { kind: 'number', value: Number(combine(a, b)) }
  }
}
