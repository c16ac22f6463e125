import { expect } from 'chai'
import serialLine from '../../../plugins/devices/serial-line.ts'
import { parseConfig } from '../../../src/plugin/describe.ts'
import { scale } from './serial-kit.ts'

describe('serial-line: what a configuration is told', () => {
  const told = (written: object): string[] => {
    const parsed = parseConfig(serialLine.config, { path: '/dev/ttyS0', ...written })
    if (parsed.issues) return parsed.issues.map(({ message }) => message)
    return [...(serialLine.check?.(parsed.values as never) ?? [])]
  }
  const field = { name: 'a' }
  const good = { messages: [{ pattern: '(?<a>.*)', fields: [field] }] }

  it('is nothing when it is right', () => {
    expect(told(good)).to.deep.equal([])
    expect(told(scale)).to.deep.equal([])
  })

  const wrong: [string, object, RegExp][] = [
    ['a line that is nowhere', { path: undefined, ...good }, /path is missing/],
    [
      'TCP with a baud rate',
      { transport: 'tcp', host: 'a', path: undefined, baudRate: 9600, ...good },
      /baudRate means nothing/,
    ],
    ['an escape that is none', { ...good, start: '\\q' }, /start is '\\q'/],
    ['an empty delimiter', { ...good, delimiter: '' }, /delimiter is empty/],
    ['fixed frames without a length', { ...good, framing: 'fixed' }, /frameLength is missing/],
    ['a pattern that explodes', { messages: [{ pattern: '(?<a>(x+)+)', fields: [field] }] }, /repeats a group/],
    ['a pattern that is none', { messages: [{ pattern: '(?<a>', fields: [field] }] }, /no regular expression/],
    [
      'a group without a field',
      { messages: [{ pattern: '(?<a>.)(?<b>.)', fields: [field] }] },
      /group b without a field/,
    ],
    [
      'a field that is nowhere',
      { messages: [{ pattern: '(?<a>.)', fields: [field, { name: 'c' }] }] },
      /'c' is neither a group/,
    ],
    [
      'some asked and others not',
      {
        messages: [
          { ask: 'x', pattern: '(?<a>.)', fields: [field] },
          { pattern: '(?<b>.)', fields: [{ name: 'b' }] },
        ],
      },
      /some messages have ask/,
    ],
    ['a question with a value', { messages: [{ ask: '{value}', pattern: '(?<a>.)', fields: [field] }] }, /has a value/],
    [
      'a command that is none',
      { ...good, writes: [{ name: 'w', command: '{value:%q}' }] },
      /command of 'w' has \{value:%q\}/,
    ],
    ['a tag twice', { messages: [{ pattern: '(?<a>.)', fields: [field, field] }] }, /'a' is declared twice/],
    [
      'a period without a question',
      { messages: [{ every: 100, pattern: '(?<a>.)', fields: [field] }] },
      /every is without ask/,
    ],
  ]
  for (const [what, written, message] of wrong) {
    it(`is ${message.source} for ${what}`, () => {
      expect(told(written).join('\n')).to.match(message)
    })
  }
})
