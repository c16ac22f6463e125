import { call, output, step } from './kit.ts'
import { describeRows, type Row } from './rows.ts'

const good = step('a', 'scale', { value: 'plc1.level' })
const shown = output('x', 'a.scaled')
const once = { kind: 'once' } as const

const rows: readonly Row[] = [
  [
    'judges the inputs of a do step',
    { trigger: once, steps: [call('h', 'plc1.move', { position: 400 })] },
    'value-out-of-range',
    ['steps', 'h', 'in', 'position'],
    /400/,
  ],
  [
    'names the method that finally means',
    { steps: [good], outputs: [shown], finally: [call('f', 'plc1.mov', { position: 0 })] },
    'method-unknown',
    ['finally', 0, 'do'],
    /mean move/,
  ],
  [
    'refuses a wire into finally',
    { steps: [good], outputs: [shown], finally: [call('f', 'plc1.move', { position: 'plc1.level' })] },
    'value-invalid',
    ['finally', 0, 'in', 'position'],
    /never have run/,
  ],
  [
    'wants something that can change',
    { steps: [step('a', 'scale', { value: 1 })], outputs: [shown] },
    'trigger-invalid',
    ['run'],
    /reads no device/,
  ],
  [
    'wants something to do once',
    { trigger: once, outputs: [output('x', 'plc1.level')] },
    'trigger-invalid',
    ['run'],
    /no steps/,
  ],
  [
    'wants a period',
    { trigger: { kind: 'every', periodMs: 0 }, steps: [good], outputs: [shown] },
    'trigger-invalid',
    ['run', 'every'],
    /0 ms/,
  ],
  [
    'wants a cron pattern',
    { trigger: { kind: 'cron', pattern: '99 * * * *' }, steps: [good], outputs: [shown] },
    'trigger-invalid',
    ['run', 'cron'],
    /99/,
  ],
  [
    'wants a known time zone',
    { trigger: { kind: 'cron', pattern: '0 6 * * *', timezone: 'Europe/Nowhere' }, steps: [good], outputs: [shown] },
    'trigger-invalid',
    ['run', 'cron'],
    /Nowhere/,
  ],
]

describeRows('checkPipelines, of methods and triggers', rows)
