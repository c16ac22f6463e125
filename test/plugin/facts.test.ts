import { expect } from 'chai'
import { Status } from '../../src/model/status.ts'
import { NotConnected, ReadingFailed, Rejected } from '../../src/plugin/index.ts'

describe('facts that a plugin throws', () => {
  it('carry a status and a cause for the client', () => {
    const cause = new Error('exception 3')
    expect(new Rejected('level 9 is too high', { status: Status.BadOutOfRange, cause })).to.include({
      name: 'Rejected',
      message: 'level 9 is too high',
      status: Status.BadOutOfRange,
      cause,
    })
    expect(new Rejected('no').status).to.equal(undefined)
    expect(new ReadingFailed('sensor broken', { status: Status.BadSensorFailure })).to.include({
      name: 'ReadingFailed',
      status: Status.BadSensorFailure,
    })
    expect(new NotConnected('gone')).to.be.instanceOf(Error).and.to.include({ name: 'NotConnected' })
  })
})
