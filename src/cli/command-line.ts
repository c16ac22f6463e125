import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { errorTable, isMillraceError } from '../model/errors.ts'
import { packageRoot } from '../package-root.ts'
import { auditCommand } from './audit.ts'
import { certCommand } from './cert/command.ts'
import { describeCommand } from './describe.ts'
import { dryRunCommand } from './dry-run.ts'
import { ExitCode, exitCodeOf, type Finish, UsageError } from './exit-code.ts'
import { exportCommand } from './export.ts'
import { historyCommand } from './history/command.ts'
import { initCommand } from './init.ts'
import { jobCommand } from './job/command.ts'
import { listCommand } from './list.ts'
import { pluginCommand } from './plugin-new.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import type { Terminal } from './terminal.ts'
import { userCommand } from './users/command.ts'
import { validateCommand } from './validate.ts'

/**
 * Runs one command of the command line and tells the exit code. It never throws: an operating error is one line with its code
 * and remedy, wrong usage says what is known.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: ExitCode = ExitCode.ok
  const finish: Finish = (result) => {
    code = result
  }
  const program = programOf(terminal, finish)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return report(error, terminal)
  }
}

function programOf(terminal: Terminal, finish: Finish): Command {
  const program = new Command('millrace')
    .description('An OPC UA server that runs data pipelines over field devices and shows all of it as an ISA-95 plant.')
    .version(versionOf(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError('(--help tells what is known)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, getOutHasColors: () => terminal.isColored })
    .addHelpText('after', examplesOf(terminal.invocation))
  const commands = [
    runCommand,
    validateCommand,
    dryRunCommand,
    listCommand,
    describeCommand,
    initCommand,
    pluginCommand,
    exportCommand,
    historyCommand,
    jobCommand,
    runsCommand,
    auditCommand,
    userCommand,
    certCommand,
  ]
  for (const add of commands) add(program, terminal, finish)
  for (const command of withSubcommands(program)) command.exitOverride().copyInheritedSettings(program)
  // `millrace valdate my-plant` is a misspelt command; the default command says so itself.
  program.commands[commands.indexOf(runCommand)]?.allowExcessArguments(true)
  return program
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function examplesOf(invocation: string): string {
  const examples = [
    ['', 'run the built-in demo plant'],
    [' init my-plant', 'write a new plant that runs at once'],
    [' validate my-plant', 'check it, with the place and remedy of each finding'],
    [' dry-run my-plant', 'read every device once, and write nothing'],
    [' my-plant', 'run it'],
    [' list functions', 'tell what steps can do'],
    [' cert list', 'tell which clients were refused, and which are trusted'],
    [' describe PT1', 'tell ports, units, limits and an example of a type'],
  ]
  const lines = examples.map(([args, what]) => `  ${`${invocation}${args}`.padEnd(30)} ${what}`)
  return `\nExamples:\n${lines.join('\n')}\n\nExit codes: 0 ok, 1 failed, 2 wrong usage, 69 something is missing or in use, 78 bad configuration.`
}

function versionOf(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version
}

function report(error: unknown, terminal: Terminal): number {
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
  if (error instanceof UsageError) {
    terminal.err(`error: ${error.message}\n(--help tells what is known)\n`)
    return ExitCode.usage
  }
  if (!isMillraceError(error)) throw error
  terminal.err(`error: ${error.code} ${error.message}\n    remedy: ${errorTable[error.code].remedy}\n`)
  return exitCodeOf(error)
}
