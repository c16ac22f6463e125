import { expect } from 'chai'
import {
  ContentFilter,
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
import { compileWhere, typesAsked } from '../../../../src/opcua/history/events/where-clause.ts'

type Operand = LiteralOperand | SimpleAttributeOperand | ElementOperand

const literal = (dataType: DataType, value: unknown): LiteralOperand =>
  new LiteralOperand({ value: { dataType, arrayType: VariantArrayType.Scalar, value } })
const field = (name: string): SimpleAttributeOperand =>
  new SimpleAttributeOperand({ attributeId: 13, browsePath: [{ name }], typeDefinitionId: resolveNodeId('i=2041') })
const element = (index: number): ElementOperand => new ElementOperand({ index })
const clause = (...elements: [FilterOperator, ...Operand[]][]): ContentFilter =>
  new ContentFilter({
    elements: elements.map(([filterOperator, ...filterOperands]) => ({ filterOperator, filterOperands })),
  })

const fields: Readonly<Record<string, VariantOptions>> = {
  Severity: { dataType: DataType.UInt16, value: 500 },
  Message: { dataType: DataType.LocalizedText, value: { text: 'pump is hot' } },
  Name: { dataType: DataType.String, value: '12' },
  Big: { dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [0x80000000, 1] },
  Negative: { dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0xffffffff, 0xfffffffe] },
  Time: { dataType: DataType.DateTime, value: new Date('2026-01-01T00:00:00Z') },
  Flag: { dataType: DataType.Boolean, value: true },
  Ratio: { dataType: DataType.Double, value: Number.NaN },
  Source: { dataType: DataType.NodeId, value: resolveNodeId('ns=2;s=dev/a') },
  Id: { dataType: DataType.ByteString, value: Buffer.from('abcd', 'hex') },
  Code: { dataType: DataType.StatusCode, value: StatusCodes.BadNoData },
  List: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2] },
}

const facts = {
  valueFor: ({ browsePath }: SimpleAttributeOperand) => new Variant(fields[browsePath?.[0]?.name ?? ''] ?? {}),
  isOfType: (type: NodeId) => ['i=2041', 'i=2130'].includes(type.toString().replace('ns=0;', '')),
}

/** Whether the event passes, or the status of a clause that is refused. */
function judged(...elements: [FilterOperator, ...Operand[]][]): boolean | string {
  const test = compileWhere(clause(...elements))
  return typeof test === 'function' ? test(facts) : test.status.name
}

const { Equals, IsNull, GreaterThan, LessThan, GreaterThanOrEqual, LessThanOrEqual, Like, Not, Between, InList } =
  FilterOperator
const { And, Or, Cast, BitwiseAnd, BitwiseOr, OfType, InView, RelatedTo } = FilterOperator
const five = literal(DataType.Int32, 500)
const type = (id: string): LiteralOperand => literal(DataType.NodeId, resolveNodeId(id))

describe('the where-clause of a read of events (Part 4 §7.7)', () => {
  it('lets everything pass when there is none', () => {
    expect(judged()).to.equal(true)
    const test = compileWhere(null)
    expect(typeof test === 'function' && test(facts)).to.equal(true)
  })

  const rows: readonly [string, boolean, ...[FilterOperator, ...Operand[]][]][] = [
    ['numbers of different types', true, [Equals, field('Severity'), five]],
    ['a number beside a larger one', false, [GreaterThan, field('Severity'), literal(DataType.Double, 500.5)]],
    ['at least', true, [GreaterThanOrEqual, field('Severity'), five]],
    ['at most', true, [LessThanOrEqual, field('Severity'), five]],
    ['a range', true, [Between, field('Severity'), literal(DataType.Byte, 1), literal(DataType.UInt16, 1000)]],
    ['outside a range', false, [Between, field('Severity'), literal(DataType.Byte, 1), literal(DataType.Byte, 200)]],
    ['64 bits without a sign', true, [GreaterThan, field('Big'), literal(DataType.UInt64, [0x80000000, 0])]],
    ['64 bits with a sign', true, [Equals, field('Negative'), literal(DataType.Int16, -2)]],
    ['a text that is a number', true, [Equals, field('Name'), literal(DataType.Int32, 12)]],
    ['a localized text', true, [Equals, field('Message'), literal(DataType.String, 'pump is hot')]],
    ['a pattern', true, [Like, field('Message'), literal(DataType.String, '%hot')]],
    ['a pattern of a number', false, [Like, field('Severity'), literal(DataType.String, '%')]],
    ['a time', true, [LessThan, field('Time'), literal(DataType.DateTime, new Date('2026-01-02T00:00:00Z'))]],
    ['a time as text', true, [Equals, field('Time'), literal(DataType.String, '2026-01-01T00:00:00Z')]],
    ['a NodeId', true, [Equals, field('Source'), literal(DataType.NodeId, resolveNodeId('ns=2;s=dev/a'))]],
    ['another NodeId', false, [Equals, field('Source'), literal(DataType.NodeId, resolveNodeId('ns=3;s=dev/a'))]],
    ['bytes', true, [Equals, field('Id'), literal(DataType.ByteString, Buffer.from('abcd', 'hex'))]],
    ['a status code', true, [Equals, field('Code'), literal(DataType.UInt32, StatusCodes.BadNoData.value)]],
    ['NaN, which equals nothing', false, [Equals, field('Ratio'), literal(DataType.Double, Number.NaN)]],
    ['one of a list', true, [InList, field('Severity'), literal(DataType.Int32, 1), five]],
    ['none of a list', false, [InList, field('Severity')]],
    ['a field that is not there', true, [IsNull, field('Nothing')]],
    ['a field that is there', false, [IsNull, field('Severity')]],
    ['an array, which compares with nothing', false, [Equals, field('List'), field('List')]],
    ['not', false, [Not, element(1)], [Equals, field('Severity'), five]],
    ['not of NULL, which is NULL', false, [Not, element(1)], [Equals, field('Nothing'), five]],
    [
      'and',
      true,
      [And, element(1), element(2)],
      [IsNull, field('No')],
      [Equals, field('Flag'), literal(DataType.Boolean, true)],
    ],
    [
      'FALSE and NULL',
      true,
      [Not, element(1)],
      [And, element(2), element(3)],
      [IsNull, five],
      [Equals, field('No'), five],
    ],
    ['TRUE or NULL', true, [Or, element(1), element(2)], [Equals, field('No'), five], [Equals, five, five]],
    ['FALSE or NULL', false, [Or, element(1), element(2)], [Equals, field('No'), five], [IsNull, five]],
    ['a cast', true, [Equals, element(1), literal(DataType.String, '500')], [Cast, field('Severity'), type('i=12')]],
    [
      'bits',
      true,
      [Equals, element(1), literal(DataType.Int32, 4)],
      [BitwiseAnd, field('Severity'), literal(DataType.Int32, 12)],
    ],
    [
      'more bits',
      true,
      [Equals, element(1), literal(DataType.Int32, 503)],
      [BitwiseOr, field('Severity'), literal(DataType.Int32, 3)],
    ],
    ['a truth value by itself', true, [And, field('Flag'), literal(DataType.Boolean, true)]],
    ['a type', true, [OfType, type('i=2041')]],
    ['another type', false, [OfType, type('i=2782')]],
  ]
  for (const [what, passes, ...elements] of rows) {
    it(`${passes ? 'passes' : 'holds back'}: ${what}`, () => expect(judged(...elements)).to.equal(passes))
  }

  it('refuses what cannot be evaluated', () => {
    expect(judged([InView, type('i=87')])).to.equal('BadFilterOperatorUnsupported')
    const six = [1, 2, 3, 4, 5, 6].map(() => five)
    expect(judged([RelatedTo, ...six])).to.equal('BadFilterOperatorUnsupported')
    expect(judged([Equals, five])).to.equal('BadFilterOperandCountMismatch')
    expect(judged([Not, element(7)])).to.equal('BadFilterElementInvalid')
    expect(judged([Not, element(0)])).to.equal('BadFilterElementInvalid')
    expect(judged([OfType, field('Severity')])).to.equal('BadFilterOperandInvalid')
    expect(judged([Cast, five, type('i=1')], [Equals, five, five])).to.equal(true)
    expect(judged([Cast, five, type('i=22')])).to.equal('BadFilterOperandInvalid')
  })

  it('knows the types that are asked for, unless others may pass as well', () => {
    const asked = (...elements: [FilterOperator, ...Operand[]][]) => typesAsked(clause(...elements)).map(String)
    expect(asked([OfType, type('i=2041')])).to.deep.equal(['ns=0;i=2041'])
    expect(asked([And, element(1), element(2)], [OfType, type('i=2130')], [Equals, five, five])).to.deep.equal([
      'ns=0;i=2130',
    ])
    expect(asked([Or, element(1), element(2)], [OfType, type('i=2130')], [Equals, five, five])).to.deep.equal([])
    expect(asked([Not, element(1)], [OfType, type('i=2130')])).to.deep.equal([])
    expect(asked()).to.deep.equal([])
  })

  it('visits shared elements once: a small clause cannot stand for a tree of endless size', () => {
    const shared = Array.from({ length: 24 }, (_, index): [FilterOperator, ...Operand[]] => [
      And,
      element(index + 1),
      element(index + 1),
    ])
    expect(typesAsked(clause(...shared, [OfType, type('i=2041')])).map(String)).to.deep.equal(['ns=0;i=2041'])
  })
})
