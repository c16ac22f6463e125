import { expect } from 'chai'
import { AttributeIds, type CallMethodResult, DataType, type VariantLike } from 'node-opcua'
import { MillraceError } from '../../src/model/errors.ts'
import { Status } from '../../src/model/status.ts'
import { type Bench, type Client, startBench } from './bench.ts'

describe('methods', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  function call(object: string, method: string, inputArguments: VariantLike[] = []): Promise<CallMethodResult> {
    const methodId = method.startsWith('i=') ? method : client.id(method)
    return client.session.call({ objectId: client.id(object), methodId, inputArguments })
  }

  async function program(object: string, method: string): Promise<string> {
    return (await call(object, `${object}.${method}`)).statusCode.name
  }

  async function shown(identifier: string): Promise<unknown> {
    return (await client.read(identifier)).value.value
  }

  describe('of a pipeline', () => {
    it('start a run and return its id', async () => {
      const { statusCode, outputArguments } = await call('pipe/fill', 'pipe/fill.Start')
      expect(statusCode.name).to.equal('Good')
      expect(outputArguments?.map(({ value }) => value)).to.deep.equal(['fill-1'])
      expect(bench.plant.asked.at(-1)).to.deep.equal({ what: 'start fill', initiator: 'anonymous' })
    })

    it('show the state with the numbers and nodes of Part 10', async () => {
      expect(await shown('pipe/fill.CurrentState')).to.have.property('text', 'Running')
      expect(await shown('pipe/fill.CurrentState.Number')).to.equal(13)
      expect(String(await shown('pipe/fill.CurrentState.Id'))).to.equal('ns=0;i=2402')
      expect(await shown('pipe/fill.LastTransition')).to.have.property('text', 'ReadyToRunning')
      expect(String(await shown('pipe/fill.LastTransition.Id'))).to.equal('ns=0;i=2410')
      const time = (await shown('pipe/fill.LastTransition.TransitionTime')) as Date
      expect(Date.now() - time.getTime()).to.be.within(0, 5_000)
    })

    it('answer BadInvalidState, when the state does not allow them', async () => {
      expect(await program('pipe/fill', 'Start')).to.equal('BadInvalidState')
      expect(await program('pipe/fill', 'Reset')).to.equal('BadInvalidState')
    })

    it('go through every state', async () => {
      const states: unknown[] = []
      for (const name of ['Suspend', 'Resume', 'Halt', 'Reset', 'Start', 'Stop']) {
        expect(await program('pipe/fill', name), name).to.equal('Good')
        states.push(await shown('pipe/fill.CurrentState.Number'))
      }
      expect(states).to.deep.equal([14, 13, 11, 12, 13, 12])
    })

    it('are executable, when the state allows them', async () => {
      const isExecutable = async (name: string): Promise<unknown> => {
        const nodeId = client.id(`pipe/watch.${name}`)
        const [all, own] = await client.session.read([
          { nodeId, attributeId: AttributeIds.Executable },
          { nodeId, attributeId: AttributeIds.UserExecutable },
        ])
        expect(own?.value.value).to.equal(all?.value.value)
        return all?.value.value
      }
      expect([await isExecutable('Start'), await isExecutable('Stop')]).to.deep.equal([true, false])
      await program('pipe/watch', 'Start')
      expect([await isExecutable('Start'), await isExecutable('Stop')]).to.deep.equal([false, true])
    })

    it('can be called by the id of the standard method', async () => {
      // ProgramStateMachineType_Start of namespace 0, as a generic Program client calls it.
      expect((await call('pipe/idle', 'i=2426')).statusCode.name).to.equal('Good')
      expect(bench.plant.asked.at(-1)?.what).to.equal('start idle')
    })

    it('show no transition, before there was one', async () => {
      const fresh = await startBench({ anonymous: 'observe' })
      const other = await fresh.connect()
      expect((await other.read('pipe/fill.LastTransition')).statusCode.name).to.equal('BadWaitingForInitialData')
      expect((await other.read('pipe/fill.CurrentState')).value.value.text).to.equal('Ready')
      await fresh.stop()
    })
  })

  describe('of a device', () => {
    const double = (value: number): VariantLike => ({ dataType: DataType.Double, value })
    const text = (value: string): VariantLike => ({ dataType: DataType.String, value })

    it('describe their arguments with unit, range and choices', async () => {
      const { inputArguments, outputArguments } = await client.session.getArgumentDefinition(
        client.id('dev/servo1.MethodSet.moveAbsolute'),
      )
      expect(inputArguments.map(({ name, description }) => [name, description.text])).to.deep.equal([
        ['position', 'The position. [°; 0 to 90]'],
        ['profile', 'The profile. [one of soft, hard]'],
      ])
      expect(outputArguments.map(({ name, dataType }) => [name, String(dataType)])).to.deep.equal([
        ['settledAt', 'ns=0;i=11'],
      ])
    })

    it('are described', async () => {
      const text = async (identifier: string): Promise<string> => {
        const nodeId = client.id(identifier)
        return (await client.session.read({ nodeId, attributeId: AttributeIds.Description })).value.value.text
      }
      expect(await text('dev/servo1.MethodSet.home')).to.equal('Finds the reference.')
      expect(await text('dev/servo1.Connect')).to.equal('Enables the device and connects to it.')
      expect(await text('pipe/fill.Halt')).to.match(/^Cancels at once/)
    })

    it('take inputs and return outputs', async () => {
      const result = await call('dev/servo1.MethodSet', 'dev/servo1.MethodSet.moveAbsolute', [double(45), text('soft')])
      expect(result.statusCode.name).to.equal('Good')
      expect(result.outputArguments?.map(({ value }) => value)).to.deep.equal([45.5])
      expect(bench.plant.asked.at(-1)?.what).to.equal('servo1.moveAbsolute({"position":45,"profile":"soft"})')
    })

    it('have no argument properties, when they have no arguments', async () => {
      const { references } = await client.session.browse(client.id('dev/servo1.MethodSet.home'))
      expect(references?.filter(({ browseName }) => browseName.name?.endsWith('Arguments'))).to.deep.equal([])
      expect((await call('dev/servo1.MethodSet', 'dev/servo1.MethodSet.home')).statusCode.name).to.equal('Good')
    })

    it('answer the codes of the specification for wrong arguments, and ask nothing', async () => {
      const before = bench.plant.asked.length
      const status = async (...inputs: VariantLike[]): Promise<CallMethodResult> =>
        call('dev/servo1.MethodSet', 'dev/servo1.MethodSet.moveAbsolute', inputs)
      expect((await status(double(1))).statusCode.name).to.equal('BadArgumentsMissing')
      expect((await status(double(1), text('soft'), text('more'))).statusCode.name).to.equal('BadTooManyArguments')
      const wrong = await status(text('1'), text('soft'))
      expect(wrong.statusCode.name).to.equal('BadInvalidArgument')
      expect(wrong.inputArgumentResults?.map(({ name }) => name)).to.deep.equal(['BadTypeMismatch', 'Good'])
      expect(bench.plant.asked.length).to.equal(before)
    })

    it('answer the status of an operating error, and BadInternalError for a fault, which is logged', async () => {
      const home = async (): Promise<string> =>
        (await call('dev/servo1.MethodSet', 'dev/servo1.MethodSet.home')).statusCode.name
      bench.plant.callError = new MillraceError('timed-out', 'servo1.home took too long')
      expect(await home()).to.equal('BadTimeout')
      bench.plant.callError = new MillraceError('step-failed', 'axis fault', { status: Status.BadDeviceFailure })
      expect(await home()).to.equal('BadDeviceFailure')
      bench.plant.callError = new TypeError('boom')
      expect(await home()).to.equal('BadInternalError')
      expect(bench.log.join('\n')).to.include('error dev/servo1.MethodSet.home failed: TypeError: boom')
      bench.plant.callError = undefined
    })

    it('connect and disconnect it', async () => {
      expect((await call('dev/plc1', 'dev/plc1.Connect')).statusCode.name).to.equal('Good')
      expect((await call('dev/plc1', 'dev/plc1.Disconnect')).statusCode.name).to.equal('Good')
      expect(bench.plant.asked.slice(-2).map(({ what }) => what)).to.deep.equal(['connect plc1', 'disconnect plc1'])
    })
  })
})
