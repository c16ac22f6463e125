import { arenaFiles } from '../hostile/plant-files.ts'

/** The plant of the soak; two Modbus devices are behind lines that fail. */
const plant = (ports: readonly number[]) => `plant: demo
server:
  port: 0
  name: Soak
  anonymous: operate
  security: { unsecured: true }
  limits: { sessions: 80, sessionsPerUser: 70, connectionsPerAddress: 100 }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkCenter }
devices:
  boiler1:
    type: signals
    equipment: Acme/Line1
    every: 100ms
    config:
      tags:
        - { name: pressure, unit: bar, min: 0, max: 10, offset: 5, amplitude: 3, period: 10s }
        - { name: level, signal: walk, unit: '%', min: 0, max: 100, offset: 50, amplitude: 45, period: 1s }
        - { name: setpoint, signal: setpoint, value: 80, unit: °C, min: 0, max: 110 }
${ports
  .map(
    (port, index) => `  meter${index + 1}:
    type: modbus
    equipment: Acme/Line1
    every: 200ms
    timeout: 1s
    config: { host: 127.0.0.1, port: ${port}, registers: [{ name: power, address: 1, unit: kW }] }
`,
  )
  .join('')}`

const batch = `pipeline: batch
equipment: Acme/Line1
run: { every: 50ms }
steps:
  mean: { function: moving-average, in: { value: boiler1.level }, config: { size: 10 } }
outputs: { level: { from: mean.mean, history: { keep: 1h } } }
`

/** A pipeline that is deployed anew again and again, each time another one. */
export const changing = (round: number) => `pipeline: changing
equipment: Acme/Line1
run: { on: change }
start: auto
steps:
  mean: { function: moving-average, in: { value: boiler1.pressure }, config: { size: ${2 + (round % 50)} } }
${round % 2 === 0 ? '' : '  scaled: { function: linear-scale, in: { value: mean.mean }, config: { gain: 2 } }\n'}outputs:
  mean: { from: mean.mean, history: { keep: 1h }, alarm: { high: ${6 + (round % 3)} } }
${round % 2 === 0 ? '' : '  scaled: { from: scaled.scaled }\n'}`

/** All files of the plant of the soak. */
export function soakFiles(ports: readonly number[]): Readonly<Record<string, string>> {
  return {
    'plant.yaml': plant(ports),
    'plugins/count-waves.ts': arenaFiles['plugins/count-waves.ts'] ?? '',
    'pipelines/count.yaml': arenaFiles['pipelines/count.yaml'] ?? '',
    'pipelines/batch.yaml': batch,
    'pipelines/changing.yaml': changing(0),
  }
}
