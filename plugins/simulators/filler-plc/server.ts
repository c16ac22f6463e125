import { createServer } from 'node:net'
import modbusSerial from 'modbus-serial'
import { type Image, imageOf, sizes, takeHolding } from './image.ts'
import {
  advance,
  type Commands,
  initialCommands,
  initialState,
  noiseFrom,
  type ProcessState,
  stepSeconds,
} from './process.ts'

/** A simulated filler PLC that listens. */
export interface FillerPlc {
  readonly port: number
  /** The process as it is now. */
  state(): Readonly<ProcessState>
  stop(): Promise<void>
}

/** Most steps of the process that are made up for at once after a pause: ten minutes. */
const stepsMax = 60_000

/** Starts a Modbus TCP server on loopback with the process behind it. `port` 0 picks a free one; `unitId` is the one that answers. */
export async function startFillerPlc(options: { seed: number; port: number; unitId: number }): Promise<FillerPlc> {
  const memory = memoryOf(options.seed)
  const port = options.port === 0 ? await freePort() : options.port
  const server = new modbusSerial.ServerTCP(vectorOf(memory), { host: '127.0.0.1', port, unitID: options.unitId })
  // Refused requests are answered to the client; the server must not end the program because of them.
  server.on('error', () => {})
  server.on('socketError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve())
    server.on('serverError', reject)
  })
  let stopped: Promise<void> | undefined
  return {
    port,
    state: () => memory.now().state,
    stop: () => (stopped ??= new Promise((resolve) => server.close(() => resolve()))),
  }
}

interface Memory {
  /** Brings the process up to the present. */
  now(): { state: ProcessState; commands: Commands }
  image(): Image
}

function memoryOf(seed: number): Memory {
  const state = initialState()
  const commands = initialCommands()
  const noise = noiseFrom(seed)
  const startedAt = performance.now()
  let madeUp = 0
  const now = (): { state: ProcessState; commands: Commands } => {
    const due = Math.floor((performance.now() - startedAt) / 1000 / stepSeconds) - madeUp
    madeUp += due
    for (let step = 0; step < Math.min(due, stepsMax); step++) advance(state, commands, noise())
    return { state, commands }
  }
  return {
    now,
    image: () => {
      const { state, commands } = now()
      return imageOf(state, commands)
    },
  }
}

/** Modbus exception 2, illegal data address, as the server library wants it. */
function illegalAddress(): Error {
  return Object.assign(new Error('illegal data address'), { modbusErrorCode: 2 })
}

function within(address: number, length: number, size: number): void {
  if (address + length > size) throw illegalAddress()
}

function words(table: Buffer, address: number, length: number): number[] {
  within(address, length, table.length / 2)
  return Array.from({ length }, (_, index) => table.readUInt16BE(2 * (address + index)))
}

function bit(bits: readonly boolean[], address: number): boolean {
  within(address, 1, bits.length)
  return bits[address] === true
}

function vectorOf(memory: Memory): ConstructorParameters<typeof modbusSerial.ServerTCP>[0] {
  const setRegisters = (address: number, values: readonly number[]): void => {
    within(address, values.length, sizes.holding)
    const { commands } = memory.now()
    const table = memory.image().holding
    values.forEach((value, index) => {
      table.writeUInt16BE(value, 2 * (address + index))
    })
    takeHolding(commands, table)
  }
  // Requests for one value go to other functions than those for several; a refusal must be thrown by the latter and
  // rejected by the former, or the library never answers.
  const input = (address: number, length: number): number[] => words(memory.image().input, address, length)
  const holding = (address: number, length: number): number[] => words(memory.image().holding, address, length)
  return {
    getMultipleInputRegisters: input,
    getMultipleHoldingRegisters: holding,
    getInputRegister: async (address: number) => input(address, 1)[0] ?? 0,
    getHoldingRegister: async (address: number) => holding(address, 1)[0] ?? 0,
    getCoil: async (address: number) => bit(memory.image().coils, address),
    getDiscreteInput: async (address: number) => bit(memory.image().discretes, address),
    setRegister: async (address: number, value: number) => setRegisters(address, [value]),
    setRegisterArray: async (address: number, values: number[]) => setRegisters(address, values),
    async setCoil(address: number, value: boolean) {
      within(address, 1, sizes.coils)
      const { commands } = memory.now()
      if (address === 0) commands.pumpEnabled = value
      else commands.faultReset = value
    },
  }
}

/** A port that was free a moment ago: the server library cannot listen on port 0. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
