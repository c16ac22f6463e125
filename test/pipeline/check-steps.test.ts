import { output, step } from './kit.ts'
import { describeRows, type Row } from './rows.ts'

const good = step('a', 'scale', { value: 'plc1.level' })
const shown = output('x', 'a.scaled')
const once = { kind: 'once' } as const

const rows: readonly Row[] = [
  [
    'misses the only input',
    { steps: [good, step('b', 'scale')], outputs: [shown] },
    'input-missing',
    ['steps', 'b'],
    /value/,
  ],
  [
    'names the input that was meant',
    { steps: [step('a', 'takes', { boolaen: true, double: 'plc1.level' })], outputs: [output('x', 'a.done')] },
    'input-unknown',
    ['steps', 'a', 'in', 'boolaen'],
    /mean boolean/,
  ],
  [
    'finds a step that waits for itself',
    { steps: [step('a', 'add', { a: 'plc1.level', b: 'a.sum' })], outputs: [output('x', 'a.sum')] },
    'steps-loop',
    ['steps', 'a', 'in', 'b'],
    /step a waits for itself/,
  ],
  [
    'names the steps of a loop',
    {
      steps: [step('a', 'add', { a: 'plc1.level', b: 'b.scaled' }), step('b', 'scale', { value: 'a.sum' })],
      outputs: [output('x', 'a.sum')],
    },
    'steps-loop',
    ['steps', 'a', 'in', 'b'],
    /steps wait for each other: a, b/,
  ],
  [
    'finds a loop by after',
    {
      steps: [step('a', 'scale', { value: 'plc1.level' }, { after: ['b'] }), step('b', 'scale', { value: 'a.scaled' })],
      outputs: [shown],
    },
    'steps-loop',
    ['steps', 'a', 'after', 0],
    /a, b/,
  ],
  [
    'finds a step that comes after itself',
    { steps: [step('a', 'scale', { value: 'plc1.level' }, { after: ['a'] })], outputs: [shown] },
    'steps-loop',
    ['steps', 'a', 'after', 0],
    /itself/,
  ],
  [
    'finds a loop through a delay where steps run once',
    {
      trigger: once,
      steps: [step('a', 'add', { a: 'plc1.level', b: 'd.value' }), step('d', 'delay', { value: 'a.sum' })],
      outputs: [output('x', 'a.sum')],
    },
    'steps-loop',
    ['steps', 'a', 'in', 'b'],
    /a, d/,
  ],
  [
    'names the step that after means',
    {
      steps: [good, step('b', 'scale', { value: 'plc1.level' }, { after: ['A'] })],
      outputs: [shown, output('y', 'b.scaled')],
    },
    'step-unknown',
    ['steps', 'b', 'after', 0],
    /mean a/,
  ],
  [
    'names the output that until means',
    {
      trigger: once,
      steps: [
        step(
          't',
          'totalizer',
          { value: 'plc1.level' },
          { until: [{ port: 'totl', is: 'above', source: { kind: 'literal', value: 1 } }] },
        ),
      ],
      outputs: [output('x', 't.total')],
    },
    'step-unknown',
    ['steps', 't', 'until', 'totl'],
    /mean total/,
  ],
  [
    'refuses to order what has no order',
    {
      trigger: once,
      steps: [
        step('t', 'takes', {}, { until: [{ port: 'done', is: 'above', source: { kind: 'literal', value: true } }] }),
      ],
      outputs: [output('x', 't.done')],
    },
    'wire-type',
    ['steps', 't', 'until', 'done', 'above'],
    /cannot be above/,
  ],
  [
    'judges what until compares with',
    {
      trigger: once,
      steps: [
        step(
          't',
          'totalizer',
          { value: 'plc1.level' },
          { until: [{ port: 'total', is: 'above', source: { kind: 'literal', value: 'much' } }] },
        ),
      ],
      outputs: [output('x', 't.total')],
    },
    'value-invalid',
    ['steps', 't', 'until', 'total', 'above'],
    /'much' is not a Double/,
  ],
  [
    'names the port that a fallback means',
    {
      steps: [step('a', 'scale', { value: 'plc1.level' }, { onError: { kind: 'fallback', values: { scald: 0 } } })],
      outputs: [shown],
    },
    'step-unknown',
    ['steps', 'a', 'onError', 'fallback', 'scald'],
    /mean scaled/,
  ],
  [
    'judges the value of a fallback',
    {
      steps: [step('a', 'scale', { value: 'plc1.level' }, { onError: { kind: 'fallback', values: { scaled: 'no' } } })],
      outputs: [shown],
    },
    'value-invalid',
    ['steps', 'a', 'onError', 'fallback', 'scaled'],
    /'no'/,
  ],
]

describeRows('checkPipelines, of the order and the end of steps', rows)
