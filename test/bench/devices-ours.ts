import modbus from '../../plugins/devices/modbus.ts'
import { Devices } from '../../src/device/devices.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { DeviceDefinition } from '../../src/model/definition.ts'
import { Status } from '../../src/model/status.ts'
import type { DevicePlugin } from '../../src/plugin/define.ts'
import { describeDevice, parseConfig } from '../../src/plugin/describe.ts'
import { Answers, type Effort, measured, type Task } from './devices-side.ts'
import { answerParent } from './opcua-process.ts'

const plugin = modbus as unknown as DevicePlugin
const log = { debug() {}, info() {}, warn: (message: string) => process.stderr.write(`${message}\n`) }

function entryOf({ port, everyMs }: Task['devices'][number], index: number, registers: number) {
  const entries = Array.from({ length: registers }, (_, address) => ({ name: `r${address}`, address }))
  const { values, issues } = parseConfig(modbus.config, { host: '127.0.0.1', port, registers: entries })
  if (!values) throw new Error(issues.map(({ message }) => message).join('; '))
  const definition: DeviceDefinition = {
    ...{ id: `d${index}`, file: 'plant.yaml', name: `Device ${index}`, description: '', type: 'modbus' },
    ...{ equipment: 'Bench', config: values, everyMs, timeoutMs: 2000, holdLastMs: 0, enabled: true },
    retry: { attempts: 1, delayMs: 500, factor: 2, jitter: 0.2, maxDelayMs: 1000 },
  }
  return { definition, plugin, description: describeDevice(definition, plugin) }
}

/** The devices of a task; a plant reads its files once, too. */
const entriesByTask = new Map<string, ReturnType<typeof entryOf>[]>()

function entriesOf(task: Task): ReturnType<typeof entryOf>[] {
  const key = JSON.stringify(task)
  const entries = entriesByTask.get(key) ?? task.devices.map((device, index) => entryOf(device, index, task.registers))
  entriesByTask.set(key, entries)
  return entries
}

/** Polls devices with the runtime and its Modbus plugin, as a plant does. */
async function run({ task, settleMs, forMs }: { task: Task; settleMs: number; forMs: number }): Promise<Effort> {
  const devices = new Devices({ entries: entriesOf(task), clock: systemClock, log: () => log })
  const answers = new Answers()
  devices.samples$.subscribe((batch) => {
    const [first] = batch
    if (first?.sample.status !== Status.Good || !first.tag.endsWith('.r0')) return
    if (batch.length !== task.registers) throw new Error(`${batch.length} values came, not ${task.registers}`)
    answers.add(Number(first.tag.slice(1, -3)), first.sample.sourceTime)
  })
  devices.start()
  const skipped = () => devices.all.reduce((sum, { skippedPollCount }) => sum + skippedPollCount, 0)
  const effort = await measured(task, answers, { settleMs, forMs, skipped })
  await devices.close()
  return effort
}

answerParent({ run })
