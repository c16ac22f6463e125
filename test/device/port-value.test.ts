import { expect } from 'chai'
import { misfitOf, readingSample } from '../../src/device/port-value.ts'
import type { Port } from '../../src/model/port.ts'
import { Status, statusName } from '../../src/model/status.ts'
import type { DataType } from '../../src/model/value.ts'
import { ReadingFailed } from '../../src/plugin/facts.ts'

const port = (dataType: DataType, changes: Partial<Port> = {}): Port => ({
  ...{ name: 'level', dataType, isArray: false, description: '' },
  ...changes,
})
const statusOf = (of: Port, value: unknown) => statusName(readingSample(of, value, { time: 5, cause: 'plc1' }).status)

describe('value of a port', () => {
  const cases: [DataType, unknown, string][] = [
    ['Double', 1.5, 'Good'],
    ['Double', '1.5', 'BadTypeMismatch'],
    ['Double', 1n, 'BadTypeMismatch'],
    ['Double', Number.NaN, 'BadOutOfRange'],
    ['Double', Number.NEGATIVE_INFINITY, 'BadOutOfRange'],
    ['Double', 1e300, 'Good'],
    ['Float', 1e300, 'BadOutOfRange'],
    ['Int16', -32768, 'Good'],
    ['Int16', 32768, 'BadOutOfRange'],
    ['Int16', 1.5, 'BadTypeMismatch'],
    ['UInt32', 4294967295, 'Good'],
    ['UInt32', -1, 'BadOutOfRange'],
    ['Int64', -(2n ** 63n), 'Good'],
    ['Int64', 2n ** 63n, 'BadOutOfRange'],
    ['Int64', 5, 'BadTypeMismatch'],
    ['UInt64', 2n ** 64n - 1n, 'Good'],
    ['UInt64', -1n, 'BadOutOfRange'],
    ['Boolean', false, 'Good'],
    ['Boolean', 0, 'BadTypeMismatch'],
    ['String', '', 'Good'],
    ['String', {}, 'BadTypeMismatch'],
    ['DateTime', new Date(0), 'Good'],
    ['DateTime', new Date(Number.NaN), 'BadOutOfRange'],
    ['DateTime', 0, 'BadTypeMismatch'],
    ['ByteString', new Uint8Array(2), 'Good'],
    ['ByteString', [1, 2], 'BadTypeMismatch'],
    ['Double', null, 'BadNoData'],
  ]
  for (const [dataType, value, status] of cases) {
    const shown = value instanceof Object ? value.constructor.name : String(value)
    it(`is ${status}, when ${typeof value} ${shown} comes for ${dataType}`, () => {
      expect(statusOf(port(dataType), value)).to.equal(status)
    })
  }

  it('is kept with doubt beyond the range of the port, and names the device', () => {
    const ranged = port('Double', { range: [0, 50], unit: 'l' })
    expect(readingSample(ranged, 50.5, { time: 5, cause: 'plc1' })).to.deep.equal({
      ...{ value: 50.5, status: Status.UncertainEngineeringUnitsExceeded, sourceTime: 5, cause: 'plc1' },
    })
    expect(misfitOf(ranged, -1)?.reason).to.equal('is -1 l; it goes from 0 to 50 l')
    expect(misfitOf(ranged, 50)).to.equal(undefined)
    expect(misfitOf(port('UInt64', { range: [0, 5] }), 6n)?.isBeyondRange).to.equal(true)
  })

  it('is one of the choices, when there are some', () => {
    const mode = port('String', { choices: ['auto', 'manual'] })
    expect(statusOf(mode, 'auto')).to.equal('Good')
    expect(statusOf(mode, 'other')).to.equal('BadOutOfRange')
    expect(misfitOf(mode, 'other')?.reason).to.equal('is "other"; it can be auto, manual')
  })

  it('is checked in each element of a list', () => {
    const trace = port('Double', { isArray: true, range: [0, 10] })
    expect(statusOf(trace, [])).to.equal('Good')
    expect(statusOf(trace, [1, 2])).to.equal('Good')
    expect(statusOf(trace, [1, 11])).to.equal('UncertainEngineeringUnitsExceeded')
    expect(statusOf(trace, [11, Number.NaN])).to.equal('BadOutOfRange')
    expect(statusOf(trace, 1)).to.equal('BadTypeMismatch')
    expect(statusOf(port('Double'), [1])).to.equal('BadTypeMismatch')
  })

  it('has the status of a failed reading, but never a Good one', () => {
    const failed = (status: number) => statusOf(port('Double'), new ReadingFailed('broken', { status }))
    expect(failed(Status.BadSensorFailure)).to.equal('BadSensorFailure')
    expect(failed(Status.Good)).to.equal('BadUnexpectedError')
  })
})
