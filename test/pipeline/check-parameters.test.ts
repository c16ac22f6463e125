import { call, output, parameter, step } from './kit.ts'
import { describeRows, type Row } from './rows.ts'

const good = step('a', 'scale', { value: 'plc1.level' })
const shown = output('x', 'a.scaled')
const once = { kind: 'once' } as const

const rows: readonly Row[] = [
  [
    'refuses a default above its only limit',
    { parameters: [parameter('p', { max: 5, default: 6 })], steps: [good], outputs: [shown] },
    'value-out-of-range',
    ['parameters', 'p', 'default'],
    /above 5/,
  ],
  [
    'refuses a default below its only limit',
    { parameters: [parameter('p', { min: 5, default: 4 })], steps: [good], outputs: [shown] },
    'value-out-of-range',
    ['parameters', 'p', 'default'],
    /below 5/,
  ],
  [
    'refuses a default of another type',
    { parameters: [parameter('p', { dataType: 'Int16', default: 1.5 })], steps: [good], outputs: [shown] },
    'value-invalid',
    ['parameters', 'p', 'default'],
    /1\.5 is not an Int16/,
  ],
  [
    'refuses a default outside its type',
    { parameters: [parameter('p', { dataType: 'Byte', default: 300 })], steps: [good], outputs: [shown] },
    'value-out-of-range',
    ['parameters', 'p', 'default'],
    /outside Byte/,
  ],
  [
    'refuses limits of a parameter the wrong way round',
    { parameters: [parameter('p', { min: 5, max: 1 })], steps: [good], outputs: [shown] },
    'value-out-of-range',
    ['parameters', 'p', 'min'],
    /min 5/,
  ],
  [
    'refuses a parameter in an unknown unit',
    { parameters: [parameter('p', { unit: 'furlong' })], steps: [good], outputs: [shown] },
    'unit-unknown',
    ['parameters', 'p', 'unit'],
    /furlong/,
  ],
  [
    'refuses limits for what is no number',
    { parameters: [parameter('p', { dataType: 'Boolean', default: true, max: 1 })], steps: [good], outputs: [shown] },
    'value-invalid',
    ['parameters', 'p', 'max'],
    /Boolean/,
  ],
  [
    'refuses two parameters of one name',
    { parameters: [parameter('p'), parameter('p')], steps: [good], outputs: [shown] },
    'name-duplicate',
    ['parameters', 'p'],
    /twice/,
  ],
  [
    'refuses to write what can only be read',
    {
      steps: [good],
      writes: [{ owner: 'plc1', port: 'level', from: { kind: 'wire', owner: 'a', port: 'scaled' }, on: 'change' }],
    },
    'write-invalid',
    ['writes', 'plc1.level'],
    /only be read/,
  ],
  [
    'names the tag that a write means',
    {
      steps: [good],
      outputs: [shown],
      writes: [{ owner: 'plc1', port: 'setpont', from: { kind: 'literal', value: 1 }, on: 'change' }],
    },
    'write-invalid',
    ['writes', 'plc1.setpont'],
    /mean setpoint/,
  ],
  [
    'names the device that a write means',
    {
      steps: [good],
      outputs: [shown],
      writes: [{ owner: 'plc2', port: 'setpoint', from: { kind: 'literal', value: 1 }, on: 'change' }],
    },
    'write-invalid',
    ['writes', 'plc2.setpoint'],
    /mean plc1/,
  ],
  [
    'judges the value of a write',
    {
      steps: [good],
      outputs: [shown],
      writes: [{ owner: 'plc1', port: 'setpoint', from: { kind: 'literal', value: 11 }, on: 'change' }],
    },
    'value-out-of-range',
    ['writes', 'plc1.setpoint', 'from'],
    /not between 0 and 10/,
  ],
  [
    'names what a write comes from',
    {
      steps: [good],
      outputs: [shown],
      writes: [
        { owner: 'plc1', port: 'setpoint', from: { kind: 'wire', owner: 'controller', port: 'out' }, on: 'change' },
      ],
    },
    'wire-unknown',
    ['writes', 'plc1.setpoint', 'from'],
    /controller/,
  ],
  [
    'refuses to write a tag twice',
    {
      steps: [good],
      outputs: [shown],
      writes: [1, 2].map((value) => ({
        owner: 'plc1',
        port: 'setpoint',
        from: { kind: 'literal', value } as const,
        on: 'wave' as const,
      })),
    },
    'write-invalid',
    ['writes', 'plc1.setpoint'],
    /written twice/,
  ],
  [
    'names the device that a do step means',
    { trigger: once, steps: [call('h', 'plc2.home')] },
    'device-unknown',
    ['steps', 'h', 'do'],
    /mean plc1/,
  ],
  [
    'names the method that a do step means',
    { trigger: once, steps: [call('h', 'plc1.hom')] },
    'method-unknown',
    ['steps', 'h', 'do'],
    /mean home/,
  ],
]

describeRows('checkPipelines, of parameters and writes', rows)
