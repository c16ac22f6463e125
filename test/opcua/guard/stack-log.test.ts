import { expect } from 'chai'
import { BinaryStream } from 'node-opcua-binary-stream'
import { make_errorLog, make_warningLog } from 'node-opcua-debug'
import { decodeStatusCode } from 'node-opcua-status-code'
import { VirtualClock } from '../../../src/model/clock.ts'
import { redact, routeStackLog } from '../../../src/opcua/guard/index.ts'

describe('stack log', () => {
  it('lets one line of a kind through a minute and counts the others', async () => {
    const clock = new VirtualClock()
    const lines: string[] = []
    const stop = routeStackLog((level, message) => lines.push(`${level} ${message}`), clock)
    const complain = (): void => make_errorLog('test')('too much', 1)
    for (let turn = 0; turn < 5; turn += 1) complain()
    make_warningLog('test')('something else')
    await clock.advance(60_000)
    complain()
    stop()
    complain()
    expect(lines.map((line) => line.replace(/stack-log[^:]*:\d+/, 'here'))).to.deep.equal([
      'error here: too much 1',
      'warn here: something else',
      'error here: too much 1 (4 more like it)',
    ])
  })

  it('names objects and takes only the message of errors, because a request knows its token', () => {
    const lines: string[] = []
    const stop = routeStackLog((_level, message) => lines.push(message), new VirtualClock())
    make_errorLog('test')('failed', new Error('first line\nsecond line'), { authenticationToken: 'secret' }, null)
    stop()
    expect(lines[0]).to.match(/: failed first line$/)
  })

  it('takes what the stack prints past its log, once a minute of a kind, and leaves what others print', () => {
    const lines: string[] = []
    const printed: unknown[] = []
    const { warn, log } = console
    console.log = (...parts) => printed.push(...parts)
    const stop = routeStackLog((level, message) => lines.push(`${level} ${message}`), new VirtualClock())
    for (let code = 0; code < 5; code += 1) decodeStatusCode(new BinaryStream(Buffer.from([0, code, 0x5b, 0xc6])))
    console.log('of a plugin')
    stop()
    console.log = log
    expect(printed).to.deep.equal(['of a plugin'])
    expect(lines).to.have.length(1)
    expect(lines[0]).to.match(/^debug opcua_status_code:\d+: expecting a known StatusCode/)
    expect(console.warn).to.equal(warn)
  })

  it('redacts passwords, tokens, identifiers, long hex numbers and paths', () => {
    expect(redact('password: hunter2 for bob')).to.equal('password [redacted] for bob')
    expect(redact('authenticationToken = ns=1;b=AbCd== gone')).not.to.include('AbCd')
    expect(redact('session ns=1;g=00000000-0000-0000-0000-000000000001 closed')).to.equal('session [node id] closed')
    expect(redact('nonce deadbeefdeadbeefdeadbeef')).not.to.include('deadbeef')
    expect(redact('cannot open /home/someone/pki/own/key.pem:3')).to.equal('cannot open [path]')
    expect(redact('cannot reach opc.tcp://bob:hunter2@plc:4840')).to.equal('cannot reach opc.tcp://[redacted]@plc:4840')
    expect(redact(`certificate ${'MIIC'.repeat(30)}== refused`)).to.equal('certificate [bytes] refused')
    expect(redact('\u001b[31m---\u001b[0m\nred \u0007 line')).to.equal('red   line')
    expect(redact('x '.repeat(10_000))).to.have.length(200)
  })
})
