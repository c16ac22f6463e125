import { expect } from 'chai'
import type { JobValue } from '../../../src/cli/client/jobs/values.ts'
import { UsageError } from '../../../src/cli/exit-code.ts'
import { parameterOf } from '../../../src/cli/job/parameter.ts'
import type { DataType } from '../../../src/model/value.ts'

const declared = (name: string, type: DataType, isArray = false): JobValue => ({ name, type, isArray, value: null })

const master = {
  id: 'fill',
  description: '',
  parameters: [
    declared('volume', 'Double'),
    declared('count', 'Int16'),
    declared('total', 'UInt64'),
    declared('isFast', 'Boolean'),
    declared('name', 'String'),
    declared('from', 'DateTime'),
    declared('key', 'ByteString'),
    declared('levels', 'Float', true),
  ],
}

describe('a parameter on the command line', () => {
  for (const [text, value, unit] of [
    ['volume=12', 12],
    ['volume=12l', 12, 'l'],
    ['volume = -1.5e3 L', -1500, 'l'],
    ['volume=80%', 80, '%'],
    ['volume=.5 m3', 0.5, 'm³'],
    ['count=-32768', -32768],
    ['total=18446744073709551615', 18446744073709551615n],
    ['isFast=TRUE', true],
    ['name=12 l = twelve', '12 l = twelve'],
    ['name=', ''],
    ['from=2026-05-01T06:00Z', new Date('2026-05-01T06:00:00Z')],
    ['key=AAE=', Buffer.from([0, 1])],
    ['levels=1,2.5, 3 l', [1, 2.5, 3], 'l'],
    ['levels=', []],
  ] as const) {
    it(`is a value of the type that the pipeline has: ${text}`, () => {
      const parameter = parameterOf(text, master)
      expect(parameter.value).to.deep.equal(value)
      expect(parameter.unit).to.equal(unit)
    })
  }

  for (const [text, says] of [
    ['volume', 'write --set name=value'],
    ['=5', 'write --set name=value'],
    ['volumes=5', 'did you mean volume?'],
    ['temperature=5', 'known are volume, count'],
    ['volume=a lot', 'write a number'],
    ['volume=', 'write a number'],
    ['volume=1e999', 'Double is from'],
    ['volume=5 parsecs', 'parsecs is no known unit'],
    ['count=1.5', 'write a whole number'],
    ['count=40000', 'Int16 is from -32768 to 32767'],
    ['total=1e3', 'write a whole number'],
    ['isFast=1', 'write true or false'],
    ['from=tomorrow', 'is no time'],
    ['key=%%', 'write base64'],
    ['levels=1 l, 2 m', 'several units'],
  ] as const) {
    it(`is refused with what to write instead: ${text}`, () => {
      expect(() => parameterOf(text, master)).to.throw(UsageError, says)
    })
  }
})
