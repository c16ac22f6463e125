import fc from 'fast-check'
import {
  AttributeOperand,
  ContentFilter,
  ContentFilterElement,
  DataType,
  ElementOperand,
  FilterOperator,
  LiteralOperand,
  type NodeId,
  resolveNodeId,
  SimpleAttributeOperand,
  StatusCodes,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { systemClock } from '../../src/model/clock.ts'
import { routeStackLog } from '../../src/opcua/guard/index.ts'
import { compileWhere, typesAsked } from '../../src/opcua/history/events/where-clause.ts'
import { checkFor } from './property.ts'
import type { Target } from './target.ts'

/** What one event may cost, in milliseconds: the design says 1, a machine with other work needs more. */
const slowMs = 100

const facts: Readonly<Record<string, VariantOptions>> = {
  Severity: { dataType: DataType.UInt16, value: 500 },
  Message: { dataType: DataType.LocalizedText, value: { text: `pump ${'a'.repeat(300)}` } },
  Name: { dataType: DataType.String, value: '12' },
  Big: { dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [0x80000000, 1] },
  Time: { dataType: DataType.DateTime, value: new Date('2026-01-01T00:00:00Z') },
  Ratio: { dataType: DataType.Double, value: Number.NaN },
  Source: { dataType: DataType.NodeId, value: resolveNodeId('ns=2;s=dev/a') },
  Id: { dataType: DataType.ByteString, value: Buffer.from('abcd', 'hex') },
  List: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2] },
  Nothing: {},
}

const literals: fc.Arbitrary<Variant> = fc
  .oneof(
    fc.double().map((value) => ({ dataType: DataType.Double, value })),
    fc.integer({ min: 0, max: 255 }).map((value) => ({ dataType: DataType.Byte, value })),
    fc.integer().map((value) => ({ dataType: DataType.Int32, value })),
    fc.string({ maxLength: 30 }).map((value) => ({ dataType: DataType.String, value })),
    fc
      .constantFrom('%a', '%'.repeat(200), '_%_%_%', '[a-', '[^]]', '\\', `${'%a'.repeat(100)}b`)
      .map((value) => ({ dataType: DataType.String, value })),
    fc
      .constantFrom('i=2041', 'i=11', 'i=12', 'i=999999', 'ns=77;s=x')
      .map((id) => ({ dataType: DataType.NodeId, value: resolveNodeId(id) })),
    fc.constantFrom<VariantOptions>(
      {},
      { dataType: DataType.StatusCode, value: StatusCodes.Bad },
      { dataType: DataType.Boolean, value: true },
    ),
    fc.constant({ dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [new Variant({})] }),
  )
  .map((options) => new Variant(options as VariantOptions))

const operand = fc.oneof(
  { weight: 5, arbitrary: fc.nat(6).map((index) => new ElementOperand({ index })) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...Object.keys(facts), 'Missing')
      .map((name) => new SimpleAttributeOperand({ attributeId: 13, browsePath: [{ name }] })),
  },
  { weight: 5, arbitrary: literals.map((value) => new LiteralOperand({ value: value as never })) },
  { weight: 1, arbitrary: fc.constant(new AttributeOperand({})) },
  { weight: 1, arbitrary: fc.constantFrom(null, {}) },
)

const element = fc
  .record({ operator: fc.integer({ min: 0, max: 18 }), operands: fc.array(operand, { maxLength: 4 }) })
  .map(({ operator, operands }) => {
    const made = new ContentFilterElement({ filterOperator: FilterOperator.And })
    return Object.assign(made, { filterOperator: operator, filterOperands: operands })
  })

const clauses = fc
  .array(element, { maxLength: 7 })
  .map((elements) => Object.assign(new ContentFilter({}), { elements }))

/** Prepares a where-clause and tries it on an event; throws when that is not done as promised. */
export async function expectEvaluates(clause: ContentFilter): Promise<void> {
  const test = compileWhere(clause)
  typesAsked(clause)
  if (typeof test !== 'function') {
    if (test.status.isGood()) throw new Error('a clause is refused with Good')
    return
  }
  const event = {
    valueFor: ({ browsePath }: SimpleAttributeOperand) => new Variant(facts[browsePath?.[0]?.name ?? ''] ?? {}),
    isOfType: (type: NodeId) => type.toString() === 'ns=0;i=2041',
  }
  const startedMs = performance.now()
  const verdict = test(event)
  if (typeof verdict !== 'boolean') throw new Error(`the verdict is ${String(verdict)}`)
  if (performance.now() - startedMs > slowMs && isSlow(() => test(event))) throw new Error('one event takes too long')
}

/** Whether it is slow three times in a row, and not because something else was. */
function isSlow(work: () => void): boolean {
  return [1, 2, 3].every(() => {
    const startedMs = performance.now()
    work()
    return performance.now() - startedMs > slowMs
  })
}

// The stack tells of each clause that it finds wanting.
routeStackLog(() => undefined, systemClock)

/** Where-clauses of event filters. */
export const where: Target = {
  name: 'where',
  what: 'where-clauses of events, read and listened to',
  run: (budget, replay) => checkFor(fc.asyncProperty(clauses, expectEvaluates), budget, replay),
}
