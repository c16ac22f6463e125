import { expect } from 'chai'
import { VirtualClock } from '../src/model/clock.ts'
import type { ConnectionState, PlantEvent } from '../src/model/event.ts'
import type { ProgramState } from '../src/model/program.ts'
import { good } from '../src/model/sample.ts'
import { Status } from '../src/model/status.ts'
import { PipelineWrites } from '../src/pipeline-writes.ts'

/** Writes of the pipeline `fill` to a device that is driven by the test. */
function rig() {
  const clock = new VirtualClock()
  const sent: unknown[] = []
  const plant = {
    status: Status.Good as number,
    connection: 'Connected' as ConnectionState,
    state: 'Running' as ProgramState,
  }
  const writes = new PipelineWrites({
    clock,
    write: async (tag, value, { initiator, isRoutine }) => {
      sent.push(`${tag}=${value}`)
      expect([initiator, isRoutine]).to.deep.equal(['pipeline:fill', true])
      return plant.connection === 'Connected' ? plant.status : Status.BadNotConnected
    },
    connectionOf: () => plant.connection,
    stateOf: () => plant.state,
  })
  const write = (tag: string, value: number) => writes.write([{ tag, sample: good(value, 0) }], 'fill')
  const transition = (to: ProgramState) =>
    writes.happened({ kind: 'programTransitioned', pipeline: 'fill', to } as PlantEvent)
  return { clock, sent, plant, writes, write, transition }
}

describe('writes of pipelines', () => {
  it('are sent once when the device takes them, and when it refuses them', async () => {
    const { clock, sent, plant, write } = rig()
    write('plc1.a', 1)
    plant.status = Status.BadOutOfRange
    write('plc1.b', 2)
    await clock.advance(5000)
    expect(sent).to.deep.equal(['plc1.a=1', 'plc1.b=2'])
    expect(clock.pending).to.equal(0)
  })

  it('are sent when the device is there again: the newest value of each tag, and not while it is away', async () => {
    const { clock, sent, plant, write } = rig()
    plant.connection = 'Disconnected'
    write('plc1.a', 1)
    write('plc1.b', 5)
    write('plc1.a', 2)
    await clock.advance(10_000)
    // Once, so that it is told that there is no link.
    expect(sent).to.have.members(['plc1.a=2', 'plc1.b=5'])
    plant.connection = 'Connected'
    await clock.advance(250)
    expect(sent.slice(2)).to.have.members(['plc1.a=2', 'plc1.b=5'])
    await clock.advance(5000)
    expect(sent.length).to.equal(4)
    expect(clock.pending).to.equal(0)
  })

  it('wait in silence for a device that is just being connected', async () => {
    const { clock, sent, plant, write } = rig()
    plant.connection = 'Disabled'
    write('plc1.a', 1)
    plant.connection = 'Connecting'
    await clock.advance(5000)
    expect(sent).to.deep.equal([])
    plant.connection = 'Connected'
    await clock.advance(250)
    expect(sent).to.deep.equal(['plc1.a=1'])
  })

  it('are tried again while requests fail', async () => {
    for (const status of [Status.BadTimeout, Status.BadCommunicationError, Status.BadResourceUnavailable]) {
      const { clock, sent, plant, write } = rig()
      plant.status = status
      write('plc1.a', 1)
      await clock.advance(600)
      expect(sent.length).to.equal(3)
      plant.status = Status.Good
      await clock.advance(5000)
      expect(sent.length).to.equal(4)
    }
  })

  it('wait while the pipeline is suspended, and are forgotten when its run is over', async () => {
    const { clock, sent, plant, write, transition } = rig()
    plant.connection = 'Error'
    write('plc1.a', 1)
    plant.state = 'Suspended'
    transition('Suspended')
    plant.connection = 'Connected'
    await clock.advance(5000)
    expect(sent.length).to.equal(0)
    plant.state = 'Running'
    transition('Running')
    await clock.advance(250)
    expect(sent.length).to.equal(1)
    plant.connection = 'Error'
    write('plc1.a', 3)
    plant.state = 'Halted'
    transition('Halted')
    plant.connection = 'Connected'
    plant.state = 'Running'
    await clock.advance(5000)
    expect(sent.length).to.equal(1)
    expect(clock.pending).to.equal(0)
  })

  it('end when they are closed', async () => {
    const { clock, sent, plant, writes, write } = rig()
    plant.connection = 'Error'
    write('plc1.a', 1)
    writes.close()
    write('plc1.a', 2)
    await clock.advance(5000)
    expect([sent.length, clock.pending]).to.deep.equal([0, 0])
  })
})
