import fc from 'fast-check'
import type { Sample } from '../../src/model/sample.ts'
import type { Scalar, Value } from '../../src/model/value.ts'

const float64 = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1, 2 ** 53 + 2),
)

/** Any single value of a built-in type. */
export const scalars: fc.Arbitrary<Scalar> = fc.oneof(
  fc.boolean(),
  float64,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.record({ type: fc.string(), namespaces: fc.array(fc.string(), { maxLength: 3 }), body: fc.uint8Array() }),
)

/** Any value that flows. */
export const values: fc.Arbitrary<Value> = fc.oneof(fc.constant(null), scalars, fc.array(scalars, { maxLength: 8 }))

/** Any sample. */
export const samples: fc.Arbitrary<Sample> = fc
  .record({
    value: values,
    status: fc.nat(0xffffffff),
    sourceTime: fc.oneof(fc.nat(2e12), fc.double({ min: 0, max: 2e12, noNaN: true })),
    cause: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ cause, ...rest }) => (cause === undefined ? rest : { ...rest, cause }))

/** A text that differs whenever two values differ in type or in any bit; a missing key equals one without a value. */
export function bitsOf(value: unknown): string {
  if (typeof value === 'number') {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setFloat64(0, value)
    return `number ${bytes.getBigUint64(0).toString(16)}`
  }
  if (value instanceof Date) return `date ${bitsOf(value.getTime())}`
  if (value instanceof Uint8Array) return `bytes ${value.constructor.name} ${[...value]}`
  if (Array.isArray(value)) return `[${value.map(bitsOf).join(';')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined)
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${bitsOf(each)}`).join(';')}}`
  }
  return `${typeof value} ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`
}
