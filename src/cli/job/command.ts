import { type Command, InvalidArgumentError, Option } from 'commander'
import { jobStates } from '../../model/job.ts'
import type { JobClient, JobMethod } from '../client/jobs/job-client.ts'
import { withClientOptions } from '../client/options.ts'
import { withServer } from '../client/with-server.ts'
import { ExitCode, type Finish } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import type { JobOptions, ListOptions, OrderOptions } from './options.ts'
import { request } from './request.ts'
import { listOrders, listResponses, listWorkMasters, showOrder } from './show.ts'
import { store, update } from './store.ts'

/** Words of the command line for the methods of OPC 10031-4 V2 that take the id of a job order. */
const requests: readonly (readonly [word: string, method: JobMethod, description: string])[] = [
  ['start', 'Start', 'let a stored job order run when it is its turn'],
  ['revoke', 'RevokeStart', 'take that back: it waits for start again'],
  ['pause', 'Pause', 'interrupt a running job order; its pipeline is suspended'],
  ['resume', 'Resume', 'let an interrupted job order go on'],
  ['stop', 'Stop', 'end a job order after the cycle that runs'],
  ['abort', 'Abort', 'end a job order at once; its pipeline is halted'],
  ['cancel', 'Cancel', 'take a job order that has not begun off the list'],
  ['clear', 'Clear', 'take a job order that has ended off the list'],
]

/** What a subcommand does once the units of the plant are known: resolves to what is printed. */
type Work<O> = (units: readonly JobClient[], options: O) => Promise<string>

/** Adds `millrace job ...`: what an MES does with job orders (ISA-95, OPC 10031-4), from the command line. */
export function jobCommand(program: Command, terminal: Terminal, finish: Finish): void {
  const job = program.command('job').description('store, start, list and end job orders of a running plant (ISA-95)')
  const running =
    <O extends JobOptions>(work: (...args: readonly string[]) => Work<O>) =>
    async (...given: readonly unknown[]): Promise<void> => {
      const command = given.at(-1) as Command
      const options = command.opts<O>()
      const args = given.slice(0, -2).map(String)
      const printed = await withServer(options, terminal, async (server) => {
        const { jobClients } = await import('../client/jobs/job-client.ts')
        return work(...args)(await jobClients(server), options)
      })
      await terminal.print(printed)
      finish(ExitCode.ok)
    }
  const add = (signature: string, description: string): Command => {
    return withClientOptions(
      job
        .command(signature)
        .description(description)
        .option('--unit <name>', 'path or last name of the unit; needed only where several could be meant')
        .option('--json', 'write JSON for other programs'),
    )
  }
  add('work-masters', 'list what can be ordered: pipelines with their parameters, units and limits').action(
    running(() => listWorkMasters),
  )
  add('list', 'list the job orders and their states')
    .addOption(stateOption())
    .action(running<ListOptions>(() => listOrders))
  add('show <id>', 'show a job order and what has come of it').action(running((id = '') => showOrder(id)))
  add('results', 'list what has come of job orders, with their outputs')
    .addOption(stateOption())
    .action(running<ListOptions>(() => listResponses))
  for (const [word, isAllowed] of [
    ['store', false],
    ['store-and-start', true],
  ] as const) {
    const description = isAllowed ? 'order a run of a pipeline' : 'store a job order, which then waits for start'
    const command = withOrderOptions(add(`${word} <pipeline>`, description)).option(
      '--id <id>',
      'id of the job order; a new one without it',
    )
    if (!isAllowed) command.option('--start', 'do not wait for start: the same as store-and-start')
    command.action(running<OrderOptions>((pipeline = '') => store(pipeline, isAllowed)))
  }
  withOrderOptions(add('update <id>', 'change a job order that has not begun; what is not given stays'))
    .option('--pipeline <id>', 'another pipeline of its unit')
    .action(running<OrderOptions>((id = '') => update(id)))
  for (const [word, method, description] of requests) {
    withComment(add(`${word} <id>`, description)).action(
      running<OrderOptions>((id = '') => request(id, { word, method })),
    )
  }
}

function withOrderOptions(command: Command): Command {
  return withComment(command)
    .addOption(
      new Option(
        '--set <name=value>',
        'a parameter, with a unit behind a number: volume=12l; may be repeated',
      ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
    )
    .addOption(new Option('--priority <number>', 'higher ones run first; 0 without it').argParser(priorityOf))
    .option('--start-time <time>', 'not before: ISO 8601 (local without a zone), or +30m, +2h')
    .option('--end-time <time>', 'when it should have ended; only shown')
    .option('--description <text>', 'what it is for; only shown')
}

function withComment(command: Command): Command {
  return command.option('--comment <text>', 'why; kept as the reason for the change')
}

function stateOption(): Option {
  return new Option('--state <state...>', 'those in these states only').choices(jobStates)
}

/** Priority is an Int16 (OPC 10031-4 V2 §6.3.1). */
function priorityOf(text: string): number {
  const priority = /^[+-]?\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(priority >= -32_768 && priority <= 32_767)) {
    throw new InvalidArgumentError('a priority is a number from -32768 to 32767.')
  }
  return priority
}
