/** A wave counter: whatever is lost leaves a gap. */
const counter = `import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'count-waves',
  description: 'Counts its waves.',
  inputs: { value: double({ description: 'Anything.' }) },
  outputs: { count: double({ description: 'Waves so far.' }) },
  memory: () => ({ count: 0 }),
  compute(_inputs, _config, memory) {
    memory.count++
    return { count: memory.count }
  },
})
`

const plant = `plant: arena
server: { port: 0, name: Arena, anonymous: operate, security: { unsecured: true } }
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
        - { name: setpoint, signal: setpoint, value: 80, unit: °C, min: 20, max: 110 }
        - { name: starts, signal: counter, period: 1s }
  servo1:
    type: mock-servo
    equipment: Acme/Line1
`

const watch = `pipeline: watch
equipment: Acme/Line1
run: { on: change }
start: auto
parameters: { gain: { type: Double, min: 0, max: 10, default: 1 } }
steps:
  smooth: { function: moving-average, in: { value: boiler1.pressure }, config: { size: 3 } }
outputs:
  pressure: { from: smooth.mean, min: 0, max: 10, history: { keep: 1d }, alarm: { high: 7 } }
`

const count = `pipeline: count
equipment: Acme/Line1
run: { every: 100ms }
start: auto
steps:
  waves: { function: count-waves, in: { value: 1 } }
outputs:
  count: { from: waves.count, history: { keep: 1d } }
`

/** The files of the plant that hostile cases meet. */
export const arenaFiles: Readonly<Record<string, string>> = {
  'plant.yaml': plant,
  'plugins/count-waves.ts': counter,
  'pipelines/watch.yaml': watch,
  'pipelines/count.yaml': count,
}

/** Namespace of the plant's instances, in a server without NodeSets of its own. */
export const instances = 'ns=9'

/** The variable that the honest client reads. */
export const honestTag = 'i=2258'
