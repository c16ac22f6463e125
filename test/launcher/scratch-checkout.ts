import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../.launcher', import.meta.url))

/**
 * A program that npm's place is given to: it notes its arguments, and brings two packages with the names that the
 * launcher loads. `sqlite3` does not load before it was built, as the real one.
 */
const npmProgram = `
  const { appendFileSync, mkdirSync, rmSync, writeFileSync, existsSync } = require('node:fs')
  const { NPM_MS = '0', NPM_FAILS = '', NPM_FETCHES = '' } = process.env
  const [command] = process.argv.slice(2)
  const fromSource = process.env.npm_config_build_from_source === 'sqlite3'
  appendFileSync('calls', JSON.stringify({ command, args: process.argv.slice(3), fromSource, nodeEnv: process.env.NODE_ENV }) + '\\n')
  console.log('npm ' + command + ' says something')
  if (command === 'ci') rmSync('node_modules', { recursive: true, force: true })
  setTimeout(() => {
    if (NPM_FAILS === command) {
      console.error(process.env.NPM_ERROR)
      process.exit(1)
    }
    if (command === 'rebuild') {
      if (fromSource || NPM_FETCHES !== 'unusable') writeFileSync('node_modules/sqlite3/built', '')
      return
    }
    for (const name of ['sqlite3', 'serialport']) mkdirSync('node_modules/' + name, { recursive: true })
    writeFileSync('node_modules/serialport/index.js', '')
    writeFileSync('node_modules/sqlite3/index.js', 'require("node:fs").statSync(__dirname + "/built"); exports.Database = class { get() {} }')
    const { packages } = JSON.parse(require('node:fs').readFileSync('package-lock.json', 'utf8'))
    writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))
  }, Number(NPM_MS))
`

/** A running start of the launcher. */
export interface Start {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves when it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }>
}

/** What one run of npm was asked. */
export interface NpmCall {
  readonly command: string
  readonly args: readonly string[]
  readonly fromSource: boolean
  readonly nodeEnv: string
}

/** A folder that looks like a fresh clone to the launcher, with a program in npm's place that takes milliseconds. */
export class ScratchCheckout {
  readonly root = mkdtempSync(join(tmpdir(), 'millrace-launch-'))
  readonly #starts: Start[] = []

  constructor() {
    mkdirSync(join(this.root, '.launcher'))
    for (const name of readdirSync(launcher).filter((file) => /\.(mjs|json)$/.test(file))) {
      cpSync(join(launcher, name), join(this.root, '.launcher', name))
    }
    this.lock('1.0.0')
    this.write('npm/npm-cli.js', npmProgram)
    this.write('show.mjs', `console.log('script', process.argv.slice(2).join(' ')); process.exitCode = 5`)
  }

  /** Writes a lockfile that asks for this version of both packages. */
  lock(version: string): void {
    const packages = { 'node_modules/sqlite3': { version }, 'node_modules/serialport': { version } }
    this.write('package-lock.json', JSON.stringify({ packages }))
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  start(args: readonly string[] = ['show.mjs', 'a', 'b c'], env: NodeJS.ProcessEnv = {}): Start {
    const child = spawn(process.execPath, [join(this.root, '.launcher', 'launch.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        npm_execpath: join(this.root, 'npm', 'npm-cli.js'),
        npm_node_execpath: process.execPath,
        npm_config_offline: 'true',
        ...env,
      },
    })
    const text = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text.out += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text.err += chunk
    })
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }))
    const start = { child, ended }
    this.#starts.push(start)
    return start
  }

  /** What npm was asked so far, in order. */
  calls(): NpmCall[] {
    const file = join(this.root, 'calls')
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as NpmCall)
  }

  /** Waits until npm was called for the n-th time. */
  async called(count: number): Promise<void> {
    while (this.calls().length < count) await delay(5)
  }

  /** What a set-up in progress or one that was killed leaves behind: nothing but the log, after a good end. */
  leftovers(): string[] {
    return readdirSync(join(this.root, '.launcher', '.setup'))
  }

  async remove(): Promise<void> {
    for (const { child, ended } of this.#starts) {
      child.kill('SIGKILL')
      await ended
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 })
  }
}
