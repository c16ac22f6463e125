/** Modules of plugins that misbehave in their own ways, as an author would save them. */
export const moduleTexts = {
  'hang.ts': `
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: 'hang', description: 'Computes without end when it is told to.', isolated: { deadlineMs: 300 },
  inputs: { value: double() }, outputs: { value: double() },
  compute({ value }) {
    while (value === 13) {}
    return { value }
  },
})`,
  'leak.ts': `
import { defineFunction, double, choice } from 'millrace/plugin'
const kept: unknown[] = []
export default defineFunction({
  type: 'leak', description: 'Keeps what it should let go.', isolated: { memoryMiB: 32, deadlineMs: 60_000 },
  config: { what: choice(['objects', 'buffers', 'map']) },
  inputs: { value: double() }, outputs: { value: double() },
  compute({ value }, { what }) {
    if (value !== 13) return { value }
    if (what === 'objects') for (;;) kept.push({ value: Math.random(), text: \`\${Math.random()}\` })
    if (what === 'map') for (const map = new Map(); ; ) map.set(Math.random(), {})
    for (let i = 0; i < 8; i++) kept.push(new Uint8Array(1 << 20).fill(1))
    return { value }
  },
})`,
  'bounds.ts': `
import { getHeapStatistics } from 'node:v8'
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: 'bounds', description: 'Tells how many bytes its heap may have.', isolated: { memoryMiB: 32, deadlineMs: 10_000 },
  inputs: { value: double() }, outputs: { value: double() },
  compute: () => ({ value: getHeapStatistics().heap_size_limit }),
})`,
  'crash.ts': `
import { defineFunction, double, choice } from 'millrace/plugin'
export default defineFunction({
  type: 'crash', description: 'Ends its thread.', isolated: true,
  config: { how: choice(['exit', 'later', 'throw', 'rubbish', 'never', 'uncloneable']) },
  inputs: { value: double() }, outputs: { value: double() },
  compute({ value }, { how }) {
    if (value !== 13) return { value }
    if (how === 'exit') process.exit(3)
    if (how === 'later') setTimeout(() => { throw new Error('too late') }, 0)
    if (how === 'throw') throw Object.assign(new Error('unlucky'), { status: 0x808c0000 })
    if (how === 'rubbish') return 5 as never
    if (how === 'uncloneable') return { value: () => 1 } as never
    if (how === 'never') return new Promise<never>(() => {})
    return new Promise<never>(() => {})
  },
})`,
  'all-types.ts': `
import { defineFunction } from 'millrace/plugin'
import { z } from 'zod'
const any = z.any()
export default defineFunction({
  type: 'all-types', description: 'Hands everything on.', isolated: true,
  inputs: { big: any, time: any, bytes: any, list: any, text: any, isOn: any },
  outputs: { big: any, time: any, bytes: any, list: any, text: any, isOn: any },
  compute: (inputs) => ({ ...inputs, bytes: Buffer.from(inputs.bytes).subarray(1) }),
})`,
  'count.ts': `
import { defineBlock, double } from 'millrace/plugin'
export default defineBlock({
  type: 'count', description: 'Counts its turns, and hangs at 13.', isolated: { deadlineMs: 300 },
  inputs: { value: double() }, outputs: { count: double(), elapsed: double() },
  memory: () => ({ count: 0 }),
  compute({ value }, _config, memory, { elapsed, isFirst, wakeIn }) {
    while (value === 13) {}
    memory.count = isFirst ? 1 : memory.count + 1
    if (value === 7) wakeIn(0.05)
    return { count: memory.count, elapsed }
  },
})`,
  'storm.ts': `
import { choice, defineOperator, double } from 'millrace/plugin'
import { delay, EMPTY, map, merge, mergeMap, Observable, range, startWith, timer } from 'rxjs'
export default defineOperator({
  type: 'storm', description: 'Emits in its own ways.', isolated: { deadlineMs: 500 },
  config: { how: choice(['double', 'later', 'burst', 'endless', 'fails']) },
  inputs: { value: double() }, outputs: { value: double() },
  stream: ({ value }, { how }, { scheduler }) => {
    if (how === 'double') return { value: value.pipe(map((each) => 2 * each)) }
    if (how === 'later') return { value: value.pipe(delay(20, scheduler)) }
    if (how === 'burst') return { value: value.pipe(mergeMap(() => timer(0, 0).pipe(mergeMap(() => range(0, 2000))))) }
    if (how === 'fails') return { value: merge(value, timer(20).pipe(map(() => { throw new Error('fell over') }))) }
    return { value: value.pipe(mergeMap(() => new Observable<number>((to) => { for (;;) to.next(1) }))) }
  },
})`,
} as const
