/** The kinds of plugins that can be scaffolded. */
export type ScaffoldKind = 'device' | 'function' | 'block' | 'operator'

/** A first plugin and its test; `TYPE` stands for its type. */
export interface Template {
  readonly plugin: string
  readonly test: string
}

const device: Template = {
  plugin: `import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { defineDevice, double, NotConnected, Rejected, text, uint16 } from 'millrace/plugin'

// A device that answers lines of text over TCP: READ gives a temperature, SET 42 takes a setpoint.
export default defineDevice({
  type: 'TYPE',
  description: 'A thermostat that is asked over TCP.',

  // What stands under \`config:\` in plant.yaml. Editors complete it, and wrong values are told before anything runs.
  config: {
    host: text({ default: '127.0.0.1', description: 'Address of the device.' }),
    port: uint16({ description: 'TCP port of the device.' }),
  },
  // What it measures, and what can be written to it. Each becomes an OPC UA variable with this unit and range.
  outputs: { temperature: double({ unit: '°C', description: 'Measured temperature.' }) },
  inputs: { setpoint: double({ unit: '°C', min: 5, max: 90, description: 'Wanted temperature.' }) },

  // Makes one connection. The runtime calls it again, with growing delays, when the connection is lost.
  async connect({ config: { host, port }, signal }) {
    const socket = connect({ host, port, signal })
    await once(socket, 'connect')
    // What breaks is told by the next read; without a listener it would end the program.
    socket.on('error', () => {})
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    const ask = async (question: string) => {
      socket.write(\`\${question}\\n\`)
      const { value, done } = await lines.next()
      if (done) throw new NotConnected('the device has closed the connection')
      return value as string
    }
    return {
      read: async () => ({ temperature: Number(await ask('READ')) }),
      async write({ setpoint }) {
        const answer = await ask(\`SET \${setpoint}\`)
        if (answer !== 'OK') throw new Rejected(\`setpoint \${setpoint} was refused: \${answer}\`)
      },
      close: () => socket.destroy(),
    }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { conformance } from 'millrace/testing'
import plugin from './TYPE.ts'

test('TYPE conforms against a device that speaks its protocol', async () => {
  const asked: string[] = []
  const device = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      asked.push(data.toString().trim())
      socket.write('21.5\\n')
    })
  })
  device.listen(0, '127.0.0.1')
  await once(device, 'listening')
  const { port } = device.address() as AddressInfo

  await conformance(plugin, { config: { port }, connect: true })

  assert.equal(asked[0], 'READ')
  device.close()
})
`,
}

const functionTemplate: Template = {
  plugin: `import { boolean, defineFunction, double } from 'millrace/plugin'

// A function: its outputs follow from its inputs alone. It sees good values only; bad ones never reach it.
export default defineFunction({
  type: 'TYPE',
  description: 'Adds up two flows and tells whether both together are too much.',

  config: { limit: double({ unit: 'l/s', default: 10, description: 'Greatest flow that is allowed.' }) },
  // Wires are converted into these units; a unit of another dimension is an error before anything runs.
  inputs: {
    left: double({ unit: 'l/s', description: 'Flow through the left pipe.' }),
    right: double({ unit: 'l/s', default: 0, description: 'Flow through the right pipe.' }),
  },
  outputs: {
    sum: double({ unit: 'l/s', description: 'Flow through both.' }),
    isTooMuch: boolean({ description: 'Whether it is above the limit.' }),
  },

  compute: ({ left, right }, { limit }) => ({ sum: left + right, isTooMuch: left + right > limit }),
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformance } from 'millrace/testing'
import plugin from './TYPE.ts'

test('TYPE conforms', () => conformance(plugin))

test('TYPE tells when both flows are too much', () => {
  assert.deepEqual(plugin.compute?.({ left: 6, right: 5 }, { limit: 10 }), { sum: 11, isTooMuch: true })
  assert.deepEqual(plugin.compute?.({ left: 5, right: 5 }, { limit: 10 }), { sum: 10, isTooMuch: false })
})
`,
}

const block: Template = {
  plugin: `import { boolean, defineBlock, double } from 'millrace/plugin'

// A block: a function with memory and a sense of time (IEC 61131-3). The runtime keeps the memory, which is plain data.
export default defineBlock({
  type: 'TYPE',
  description: 'Adds up how long something has been on.',

  inputs: {
    isOn: boolean({ description: 'Whether it is on.' }),
    reset: boolean({ optional: true, description: 'Sets the time back to zero.' }),
  },
  outputs: { time: double({ unit: 's', description: 'Time that it has been on.' }) },
  memory: () => ({ wasOn: false, time: 0 }),

  // \`elapsed\` is the time since the last turn in seconds, 0 the first time. Never ask another clock.
  compute({ isOn, reset }, _config, memory, { elapsed, wakeIn }) {
    if (reset) memory.time = 0
    else if (memory.wasOn) memory.time += elapsed
    memory.wasOn = isOn
    // Asks for a turn although no input may change by then.
    if (isOn) wakeIn(1)
    return { time: memory.time }
  },
})
`,
  test: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformance, runBlock } from 'millrace/testing'
import plugin from './TYPE.ts'

test('TYPE conforms', () => conformance(plugin))

test('TYPE counts the time between on and off', () => {
  const bench = runBlock(plugin)
  bench.at(0, { isOn: false })
  bench.at(5, { isOn: true })
  assert.equal(bench.wake, 1)
  assert.deepEqual(bench.at(8, { isOn: false }), { time: 3 })
  assert.deepEqual(bench.at(9, { isOn: false }), { time: 3 })
  assert.deepEqual(bench.at(10, { isOn: false, reset: true }), { time: 0 })
})
`,
}

const operator: Template = {
  plugin: `import { defineOperator, double } from 'millrace/plugin'
import { debounceTime } from 'rxjs'

// An operator: RxJS over the stream of each input. Time comes from the scheduler, so that tests can drive it.
export default defineOperator({
  type: 'TYPE',
  description: 'Lets a value through when it has been quiet for a while.',

  config: { quiet: double({ unit: 'ms', default: 500, min: 0, description: 'How long nothing may come.' }) },
  inputs: { value: double({ description: 'What is watched.' }) },
  outputs: { value: double({ like: 'value', description: 'Its last value before the quiet.' }) },

  stream: ({ value }, { quiet }, { scheduler }) => ({ value: value.pipe(debounceTime(quiet, scheduler)) }),
})
`,
  test: `import { test } from 'node:test'
import { conformance, marbles } from 'millrace/testing'
import plugin from './TYPE.ts'

test('TYPE conforms', () => conformance(plugin))

test('TYPE waits for the quiet', () =>
  marbles(({ hot, expectObservable, scheduler }) => {
    const value = hot('a-b-----c|', { a: 1, b: 2, c: 3 })
    const expected = ' -----b---(c|)'
    const output = plugin.stream({ value }, { quiet: 3 }, { scheduler }).value
    expectObservable(output).toBe(expected, { b: 2, c: 3 })
  }))
`,
}

/** The templates by kind. */
export const templates: Readonly<Record<ScaffoldKind, Template>> = {
  device,
  function: functionTemplate,
  block,
  operator,
}
