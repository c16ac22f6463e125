import { output, parameter, step } from './kit.ts'
import { describeRows, type Row } from './rows.ts'

const good = step('a', 'scale', { value: 'plc1.level' })
const shown = output('x', 'a.scaled')

const rows: readonly Row[] = [
  [
    'names the plugin that was meant',
    { steps: [step('a', 'scle', { value: 'plc1.level' })], outputs: [shown] },
    'plugin-unknown',
    ['steps', 'a', 'function'],
    /mean scale/,
  ],
  [
    'tells of ports that a plugin cannot name',
    { steps: [good, step('b', 'broken')], outputs: [shown] },
    'plugin-invalid',
    ['steps', 'b', 'function'],
    /no ports today/,
  ],
  [
    'judges the configuration',
    { steps: [step('a', 'scale', { value: 'plc1.level' }, { config: { gain: 500 } })], outputs: [shown] },
    'value-out-of-range',
    ['steps', 'a', 'config', 'gain'],
    /500/,
  ],
  [
    'tells of unknown keys of a configuration',
    { steps: [step('a', 'scale', { value: 'plc1.level' }, { config: { gian: 5 } })], outputs: [shown] },
    'key-unknown',
    ['steps', 'a', 'config', 'gian'],
    /gain/,
  ],
  [
    'asks the plugin about its configuration',
    { steps: [good, step('e', 'expression', {}, { config: { text: '1 +' } })], outputs: [shown] },
    'expression-invalid',
    ['steps', 'e', 'config'],
    /1 \+ does not parse/,
  ],
  [
    'tells of a plugin whose check throws',
    { steps: [good, step('e', 'expression', {}, { config: { text: 'throw' } })], outputs: [shown] },
    'expression-invalid',
    ['steps', 'e', 'config'],
    /out of order/,
  ],
  [
    'names the tag that was meant',
    { steps: [step('a', 'scale', { value: 'plc1.levle' })], outputs: [shown] },
    'wire-unknown',
    ['steps', 'a', 'in', 'value'],
    /mean level/,
  ],
  [
    'names the device that was meant',
    { steps: [step('a', 'scale', { value: 'pcl1.level' })], outputs: [shown] },
    'wire-unknown',
    ['steps', 'a', 'in', 'value'],
    /mean plc1/,
  ],
  [
    'names the output of a step that was meant',
    { steps: [good, step('b', 'scale', { value: 'a.scald' })], outputs: [output('y', 'b.scaled')] },
    'wire-unknown',
    ['steps', 'b', 'in', 'value'],
    /mean scaled/,
  ],
  [
    'refuses to read what is only written',
    { steps: [good, step('b', 'scale', { value: 'plc1.setpoint' })], outputs: [shown, output('y', 'b.scaled')] },
    'wire-unknown',
    ['steps', 'b', 'in', 'value'],
    /only takes setpoint/,
  ],
  [
    'refuses to read its own outputs',
    { steps: [good, step('b', 'scale', { value: 'watch.x' })], outputs: [shown, output('y', 'b.scaled')] },
    'wire-unknown',
    ['steps', 'b', 'in', 'value'],
    /own outputs/,
  ],
  [
    'names the parameter that was meant',
    {
      parameters: [parameter('gain')],
      steps: [step('a', 'add', { a: 'plc1.level', b: '$gian' })],
      outputs: [output('x', 'a.sum')],
    },
    'parameter-unknown',
    ['steps', 'a', 'in', 'b'],
    /mean gain/,
  ],
  [
    'misses an input',
    { steps: [step('a', 'add', { b: 'plc1.level' })], outputs: [output('x', 'a.sum')] },
    'input-missing',
    ['steps', 'a', 'in'],
    /a: owner\.port/,
  ],
]

describeRows('checkPipelines, of wires and steps', rows)
