import { moduleTexts } from './plugin-texts.ts'

/** Plugins that run in the thread of the pipelines and misbehave at 13, and one that counts. */
const inThread = {
  'throws.ts': `
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: 'throws', description: 'Throws.', inputs: { value: double() }, outputs: { value: double() },
  compute({ value }) {
    if (value === 13) throw new Error(\`no luck, \${Math.random()}\`)
    return { value }
  },
})`,
  'floods.ts': `
import { defineOperator, double } from 'millrace/plugin'
import { asapScheduler, mergeMap, range, timer } from 'rxjs'
export default defineOperator({
  type: 'floods', description: 'Emits without end.', inputs: { value: double() }, outputs: { value: double() },
  stream: ({ value }) => ({
    value: value.pipe(
      mergeMap((each) => (each === 13 ? range(0, 1e12) : each === 14 ? timer(0, 0, asapScheduler) : [each])),
    ),
  }),
})`,
  'listens.ts': `
import { defineOperator, double } from 'millrace/plugin'
export default defineOperator({
  type: 'listens', description: 'Never lets go.', inputs: { value: double() }, outputs: { value: double() },
  stream: ({ value }) => {
    value.subscribe((each) => {
      if (each === 13) for (let i = 0; i < 200; i++) value.subscribe()
    })
    return { value }
  },
})`,
  'tick.ts': `
import { defineBlock, double } from 'millrace/plugin'
export default defineBlock({
  type: 'tick', description: 'Counts.', inputs: { value: double() }, outputs: { count: double() },
  memory: () => ({ count: 0 }),
  compute: (_inputs, _config, memory) => ({ count: ++memory.count }),
})`,
} as const

/** The plugins that misbehave, and the configuration of each. */
export const rough = {
  hang: '',
  leak: ', config: { what: objects }',
  crash: ', config: { how: exit }',
  throws: '',
  floods: '',
  listens: '',
} as const

/** A pipeline around a plugin that misbehaves when its parameter is 13, with a step beside it that counts the waves. */
const around = (type: string, config: string) => `
pipeline: ${type}
equipment: Acme
run: { every: 100ms }
parameters: { mode: { type: Double, default: 1 } }
steps:
  rough: { function: ${type}, in: { value: $mode }${config}, onError: bad }
  beside: { function: tick, in: { value: 1 } }
outputs: { value: { from: rough.value }, beside: { from: beside.count } }
`

/** A pipeline that has nothing to do with any of them. */
const good = (id: string, every: string) => `
pipeline: ${id}
equipment: Acme
run: { every: ${every} }
steps: { tick: { function: tick, in: { value: 1 } } }
outputs: { count: { from: tick.count } }
`

/** The files of a plant with good pipelines, and one around each plugin that misbehaves. */
export function roughPlant(): Record<string, string> {
  const modules = { ...moduleTexts, ...inThread }
  return {
    'plant.yaml':
      'plant: rough\nserver: { anonymous: operate, security: { unsecured: true } }\nequipment: { Acme: { level: Enterprise } }\n',
    'pipelines/good.yaml': good('good', '100ms'),
    'pipelines/fast.yaml': good('fast', '20ms'),
    ...Object.fromEntries(Object.entries(modules).map(([name, text]) => [`plugins/${name}`, text])),
    ...Object.fromEntries(
      Object.entries(rough).map(([type, config]) => [`pipelines/${type}.yaml`, around(type, config)]),
    ),
  }
}
