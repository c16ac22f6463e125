import modbusSerial from 'modbus-serial'
import { Answers, type Effort, measured, type Task } from './devices-side.ts'
import { answerParent } from './opcua-process.ts'

/** The same requests in a straight loop over modbus-serial, with neither status nor reconnection. */
async function run({ task, settleMs, forMs }: { task: Task; settleMs: number; forMs: number }): Promise<Effort> {
  const answers = new Answers()
  const controller = new AbortController()
  let skipped = 0
  const loops = task.devices.map(async ({ port, everyMs }, index) => {
    const client = new modbusSerial.default()
    await client.connectTCP('127.0.0.1', { port })
    client.setID(1)
    client.setTimeout(2000)
    const begin = performance.now() + (everyMs * index) / task.devices.length
    for (let turn = 0; !controller.signal.aborted; turn++) {
      await sleep(begin + turn * everyMs - performance.now())
      const { data } = await client.readHoldingRegisters(0, task.registers)
      if (data.length !== task.registers) throw new Error(`${data.length} values came, not ${task.registers}`)
      answers.add(index, Date.now())
      // A timer may be early by a fraction of a millisecond.
      const late = Math.max(0, Math.floor((performance.now() - begin) / everyMs) - turn)
      skipped += late
      turn += late
    }
    await new Promise<void>((resolve) => client.close(() => resolve()))
  })
  const effort = await measured(task, answers, { settleMs, forMs, skipped: () => skipped })
  controller.abort()
  await Promise.all(loops)
  return effort
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}

answerParent({ run })
