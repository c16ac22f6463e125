import { expect } from 'chai'
import { DataType, type VariantLike } from 'node-opcua'
import type { Port } from '../../../src/model/port.ts'
import { Status } from '../../../src/model/status.ts'
import { prepare } from '../../../src/opcua/history/history-update-details.ts'
import { dataValue, putting } from './updating.ts'

/** What a value becomes for a port: the value that is kept, or the status that says why not. */
function keptOf(port: Partial<Port>, value: VariantLike): unknown {
  const whole = { name: 'out', description: '', isArray: false, dataType: 'Double', ...port } as Port
  const details = putting('Insert', 'ns=1;i=1', [dataValue(1, value)])
  const { edit, operations } = prepare(details, { tag: 'p.out', port: whole, isStepped: true, namespaces: [] })
  return edit && 'entries' in edit ? edit.entries[0]?.value : operations[0]?.status
}

/** A 64-bit integer, as the stack has it. */
const big = (dataType: DataType, value: readonly number[]): VariantLike => ({ dataType, arrayType: 0, value })

describe('a value that a client puts into history', () => {
  it('becomes what the port counts in', () => {
    expect(keptOf({ dataType: 'Int64' }, big(DataType.Int64, [0xffffffff, 0xfffffffe]))).to.equal(-2n)
    expect(keptOf({ dataType: 'UInt64' }, big(DataType.UInt64, [1, 0]))).to.equal(4_294_967_296n)
    const bytes = keptOf({ dataType: 'ByteString' }, { dataType: DataType.ByteString, value: Buffer.from([1, 2]) })
    expect(bytes).to.deep.equal(Uint8Array.of(1, 2))
    const date = new Date(5)
    expect(keptOf({ dataType: 'DateTime' }, { dataType: DataType.DateTime, value: date })).to.deep.equal(date)
    const whole = { dataType: DataType.Int32, arrayType: 1, value: [1, -1] } as VariantLike
    expect(keptOf({ dataType: 'Int32', isArray: true }, whole)).to.deep.equal([1, -1])
  })

  it('is the text of a position where the variable shows positions', () => {
    const port = { dataType: 'String', choices: ['idle', 'running'] } as const
    expect(keptOf(port, { dataType: DataType.UInt32, value: 1 })).to.equal('running')
    expect(keptOf(port, { dataType: DataType.UInt32, value: 2 })).to.equal(Status.BadOutOfRange)
    expect(keptOf(port, { dataType: DataType.Double, value: 1 })).to.equal(Status.BadTypeMismatch)
    expect(keptOf(port, { dataType: DataType.String, value: 'idle' })).to.equal(Status.BadTypeMismatch)
  })

  it('is refused when a part of it is missing or of another rank', () => {
    const texts = { dataType: DataType.String, arrayType: 1, value: ['a', null] } as never
    expect(keptOf({ dataType: 'String', isArray: true }, texts)).to.equal(Status.BadTypeMismatch)
    const matrix = { dataType: DataType.Double, arrayType: 2, dimensions: [1, 1], value: [1] } as never
    expect(keptOf({ isArray: true }, matrix)).to.equal(Status.BadTypeMismatch)
    expect(keptOf({ isArray: true }, { dataType: DataType.Double, value: 1 })).to.equal(Status.BadTypeMismatch)
  })
})
