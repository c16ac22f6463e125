import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../src/package-root.ts'
import { until } from '../kit/demo-plant.ts'

/** Asks for a secret and prints what came, on a terminal of its own. */
const program = `
import { readSecret } from ${JSON.stringify(join(packageRoot, 'src', 'cli', 'secret-line.ts'))}
const secret = await readSecret(process.stdin, (text) => process.stdout.write(text), 'Password: ')
process.stdout.write('got ' + Buffer.from(secret ?? '(nothing)').toString('hex') + '\\n')
`

/** Python gives the program a pseudo terminal, and passes on what is typed and shown. */
const onTerminal = 'import pty, sys; pty.spawn(sys.argv[1:])'

async function typed(keys: string): Promise<string> {
  const args = ['-c', onTerminal, process.execPath, '--input-type=module-typescript', '--eval', program]
  const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let shown = ''
  child.stdout.on('data', (data) => (shown += data))
  child.stderr.on('data', (data) => (shown += data))
  const end = once(child, 'close')
  try {
    await until('it asks', () => shown.includes('Password: ') || child.exitCode !== null, 20_000)
    child.stdin.write(keys)
    await until('it has got it', () => /got \w+|got \(/.test(shown) || child.exitCode !== null, 20_000)
  } finally {
    child.stdin.end()
    child.kill()
    await end
  }
  return shown
}

const hex = (text: string): string => Buffer.from(text).toString('hex')

describe('a secret on the terminal', function () {
  this.timeout(60_000)

  for (const [what, keys, secret] of [
    ['shows nothing of it', 'pump-7 ü漢\r', 'pump-7 ü漢'],
    ['takes back with backspace and Ctrl-U', 'wrong\u0015pumq\u007fp\r', 'pump'],
    ['is given up with Ctrl-C', 'pump\u0003', '(nothing)'],
    ['is given up with Ctrl-D on an empty line', '\u0004', '(nothing)'],
  ] as const) {
    it(what, async () => {
      const shown = await typed(keys)
      expect(shown).to.include(`got ${hex(secret)}`)
      expect(shown).not.to.match(/pum|wrong/)
    })
  }
})
