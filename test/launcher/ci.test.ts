import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const program = fileURLToPath(new URL('../../.ci/run', import.meta.url))

/** What `npm run check`, `npm run lint` and `npm test` do: shell commands. */
interface Steps {
  readonly check?: string
  readonly lint?: string
  readonly fuzz?: string
  readonly soak?: string
  readonly test: string
}

describe('.ci/run', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'millrace-ci-'))
    mkdirSync(join(root, '.ci'))
    mkdirSync(join(root, 'bin'))
    cpSync(program, join(root, '.ci', 'run'))
    executable('socat', 'exit 0')
  })

  afterEach(() => rmSync(root, { recursive: true }))

  function executable(name: string, script: string): void {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(root, 'bin', name), 0o755)
  }

  /** Runs it with these steps behind npm; gives the exit code, the last line and everything that was printed. */
  async function run({ check = 'true', lint = 'true', fuzz = 'true', soak = 'true', test }: Steps) {
    const longer = `*fuzz*) ${fuzz} ;; *soak*) ${soak} ;;`
    executable(
      'npm',
      `case "$*" in *check) ${check} ;; *lint) ${lint} ;; ${longer} test) ${test} ;; *) exit 99 ;; esac`,
    )
    const child = spawn(join(root, '.ci', 'run'), {
      env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        out += text
      })
    }
    const [code] = (await once(child, 'close')) as [number]
    return { code, out, last: out.trimEnd().split('\n').at(-1) }
  }

  it('ends with the counts of mocha, when everything passes', async () => {
    const { code, last, out } = await run({ test: `printf '  a thing\\n\\n  12 passing (3s)\\n  2 pending\\n'` })
    expect([code, last]).to.deep.equal([0, '12 passed, 0 failed'])
    expect(out).to.include('  12 passing (3s)\n')
  })

  it('counts failing tests, also in colour', async () => {
    const { code, last } = await run({
      test: `printf '\\033[32m  1003 passing\\033[0m (1m)\\n\\033[31m  2 failing\\033[0m\\n\\n  1) 7 passing by\\n'; exit 2`,
    })
    expect([code, last]).to.deep.equal([1, '1003 passed, 2 failed'])
  })

  it('fails, when mocha breaks off before its summary', async () => {
    const { code, last } = await run({ test: `echo SyntaxError; exit 1` })
    expect([code, last]).to.deep.equal([1, '0 passed, 1 failed'])
  })

  it('fails, when there was no test', async () => {
    const { code, last } = await run({ test: `printf '  0 passing (1ms)\\n'` })
    expect([code, last]).to.deep.equal([1, '0 passed, 1 failed'])
  })

  it('fails, when every test passed but too little was covered', async () => {
    const { code, last } = await run({ test: `printf '  12 passing (3s)\\n'; echo 'ERROR: lines'; exit 1` })
    expect([code, last]).to.deep.equal([1, '12 passed, 1 failed'])
  })

  it('fails, when the fuzzers find something or the soak goes wrong, and counts each', async () => {
    const { code, last, out } = await run({ test: `printf '  3 passing (1s)\\n'`, fuzz: 'exit 1', soak: 'exit 1' })
    expect([code, last]).to.deep.equal([1, '3 passed, 2 failed'])
    expect(out).to.include('== fuzz FAILED').and.include('== soak FAILED')
  })

  it('runs the tests also when the type check or the linter finds something, and counts each', async () => {
    const { code, last } = await run({ check: 'exit 2', lint: 'exit 1', test: `printf '  3 passing (1s)\\n'` })
    expect([code, last]).to.deep.equal([1, '3 passed, 2 failed'])
  })
})
