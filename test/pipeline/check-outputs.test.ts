import { output, parameter, step } from './kit.ts'
import { describeRows, type Row } from './rows.ts'

const good = step('a', 'scale', { value: 'plc1.level' })
const shown = output('x', 'a.scaled')

const rows: readonly Row[] = [
  [
    'names the step that an output means',
    { steps: [good], outputs: [shown, output('y', 'b.scaled')] },
    'step-unknown',
    ['outputs', 'y', 'from'],
    /device, step or pipeline b/,
  ],
  [
    'refuses an output with a fixed value',
    { steps: [good], outputs: [shown, output('y', 5)] },
    'value-invalid',
    ['outputs', 'y', 'from'],
    /fixed/,
  ],
  [
    'refuses an output in an unknown unit',
    { steps: [good], outputs: [shown, output('y', 'a.scaled', { unit: 'litrres' })] },
    'unit-unknown',
    ['outputs', 'y', 'unit'],
    /litrres/,
  ],
  [
    'refuses an output in a unit of another dimension',
    { steps: [good], outputs: [shown, output('y', 'a.scaled', { unit: 'bar' })] },
    'wire-unit',
    ['outputs', 'y', 'from'],
    /bar/,
  ],
  [
    'refuses a unit for what is no number',
    { steps: [good], outputs: [shown, output('y', 'plc1.label', { unit: 'bar' })] },
    'wire-unit',
    ['outputs', 'y', 'unit'],
    /String/,
  ],
  [
    'refuses limits the wrong way round',
    { steps: [good], outputs: [output('x', 'a.scaled', { min: 5, max: 1 })] },
    'value-out-of-range',
    ['outputs', 'x', 'min'],
    /5/,
  ],
  [
    'refuses an output with a name that is no name',
    { steps: [good], outputs: [output('x y', 'a.scaled')] },
    'name-invalid',
    ['outputs', 'x y'],
    /x y/,
  ],
  [
    'refuses two outputs of one name',
    { steps: [good], outputs: [shown, shown] },
    'name-duplicate',
    ['outputs', 'x'],
    /twice/,
  ],
  [
    'refuses a step named like a device',
    {
      trigger: { kind: 'every', periodMs: 100 },
      steps: [step('plc1', 'scale', { value: 1 })],
      outputs: [output('y', 'plc1.scaled')],
    },
    'name-duplicate',
    ['steps', 'plc1'],
    /name of a device/,
  ],
  [
    'refuses a step named like a pipeline',
    { steps: [step('watch', 'scale', { value: 'plc1.level' })], outputs: [output('x', 'watch.scaled')] },
    'name-duplicate',
    ['steps', 'watch'],
    /name of a pipeline/,
  ],
  [
    'refuses two steps of one name',
    { steps: [good, good], outputs: [shown] },
    'name-duplicate',
    ['steps', 'a'],
    /twice/,
  ],
  [
    'refuses a pipeline named like a device',
    { id: 'plc1', steps: [step('a', 'scale', { value: 'plc1.level' })], outputs: [shown] },
    'name-duplicate',
    ['pipeline'],
    /name of a device/,
  ],
  [
    'refuses a default outside its limits',
    { parameters: [parameter('p', { min: 0, max: 5, default: 6 })], steps: [good], outputs: [shown] },
    'value-out-of-range',
    ['parameters', 'p', 'default'],
    /not between 0 and 5/,
  ],
]

describeRows('checkPipelines, of outputs and names', rows)
