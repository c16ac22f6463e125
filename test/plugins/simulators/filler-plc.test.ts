import { expect } from 'chai'
import fc from 'fast-check'
import {
  advance,
  type Commands,
  capacity,
  initialCommands,
  initialState,
  noiseFrom,
  type ProcessState,
  stepSeconds,
} from '../../../plugins/simulators/filler-plc/process.ts'
import fillerPlc from '../../../plugins/simulators/filler-plc.ts'

function run(seconds: number, commands: Partial<Commands>, { seed = 1, from = initialState() } = {}): ProcessState {
  const state = { ...from }
  const noise = noiseFrom(seed)
  for (let step = 0; step < seconds / stepSeconds; step++)
    advance(state, { ...initialCommands(), ...commands }, noise())
  return state
}

describe('filler-plc: the process', () => {
  it('repeats a run with the same seed and commands, and differs with another seed', () => {
    const commands = { valveSetpoint: 70 }
    expect(run(20, commands, { seed: 5 })).to.deep.equal(run(20, commands, { seed: 5 }))
    expect(run(20, commands, { seed: 5 }).flow).not.to.equal(run(20, commands, { seed: 6 }).flow)
  })

  it('loses from the tank what flows out, and gains what the pump brings', () => {
    const setpoints = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(setpoints, fc.integer(), (values, seed) => {
        const state = initialState()
        const noise = noiseFrom(seed)
        let pumped = 0
        for (const valveSetpoint of values) {
          for (let step = 0; step < 500; step++) {
            advance(state, { ...initialCommands(), valveSetpoint }, noise())
            if (state.pumpRunning) pumped += 3 * stepSeconds
          }
        }
        expect(state.level).to.be.closeTo(150 + pumped - state.totalVolume, 1e-6)
        expect(state.level).to.be.within(0, capacity)
      }),
      { numRuns: 30 },
    )
  })

  it('moves the valve at its speed and lets more flow the wider it is open', () => {
    expect(run(0.2, { valveSetpoint: 100 }).valveOpening).to.be.closeTo(30, 1)
    expect(run(2, { valveSetpoint: 100 }).flow).to.be.greaterThan(1.5 * run(2, { valveSetpoint: 50 }).flow)
    expect(run(2, { valveSetpoint: 0 }).flow).to.equal(0)
  })

  it('refills between the refill level and the stop level', () => {
    const low = run(60, { valveSetpoint: 100 })
    expect(low.level).to.be.lessThan(120)
    const refilled = run(60, { valveSetpoint: 0, refillLevel: 130 }, { from: low })
    expect(refilled).to.include({ pumpRunning: false })
    expect(refilled.level).to.be.closeTo(170, 1)
  })

  it('latches a fault when it runs dry, closes the valve, and clears it on reset', () => {
    const dry = run(400, { valveSetpoint: 100, pumpEnabled: false })
    expect(dry).to.include({ fault: true, valveOpening: 0, flow: 0 })
    expect(run(5, { pumpEnabled: false }, { from: dry }).fault).to.equal(true)
    expect(run(5, { pumpEnabled: true, faultReset: true }, { from: dry }).fault).to.equal(false)
  })

  it('warms towards its setpoint and is cooled by what the pump brings', () => {
    const warm = run(300, { temperatureSetpoint: 60 })
    expect(warm.temperature).to.be.within(50, 60)
    expect(run(20, { refillLevel: 160 }, { from: { ...warm, level: 60 } }).temperature).to.be.lessThan(
      warm.temperature - 3,
    )
  })
})

describe('filler-plc: the server', () => {
  it('stops twice without harm and frees its port for the next one', async () => {
    const first = await fillerPlc.start({ seed: 1, port: 0, unitId: 1 })
    await Promise.all([first.stop(), first.stop()])
    const second = await fillerPlc.start({ seed: 1, port: Number(first.overrides['port']), unitId: 1 })
    expect(second.overrides['port']).to.equal(first.overrides['port'])
    await second.stop()
  })
})
