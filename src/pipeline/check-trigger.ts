import type { PipelineDefinition } from '../model/definition.ts'
import type { CheckedStep } from './checked.ts'
import { scheduleOf } from './cron.ts'
import { sourcesOf } from './dependency.ts'
import type { Report } from './report.ts'

/** Checks that a pipeline's trigger can work: it has something to wait for and something to do. */
export function checkTrigger(definition: PipelineDefinition, report: Report): void {
  const { id, trigger, steps } = definition
  switch (trigger.kind) {
    case 'every':
      if (trigger.periodMs >= 1) return
      report.error('trigger-invalid', ['run', 'every'], {
        message: `pipeline ${id} runs every ${trigger.periodMs} ms`,
        remedy: 'give it a period of at least 1ms',
      })
      return
    case 'change':
      if (readsFromOutside(definition)) return
      report.error('trigger-invalid', ['run'], {
        message: `pipeline ${id} runs on change, but it reads no device and no other pipeline`,
        remedy: 'wire a tag into it, or run it every so often',
      })
      return
    case 'once':
      if (steps.length > 0) return
      report.error('trigger-invalid', ['run'], {
        message: `pipeline ${id} runs once, but it has no steps`,
        remedy: 'give it a step, or run it on change',
      })
      return
    case 'cron':
      checkPattern(definition.id, trigger, report)
  }
}

function readsFromOutside(definition: PipelineDefinition): boolean {
  const steps = new Set(definition.steps.map(({ id }) => id))
  return sourcesOf(definition).some(({ source }) => source.kind === 'wire' && !steps.has(source.owner))
}

function checkPattern(
  id: string,
  { pattern, timezone }: { readonly pattern: string; readonly timezone?: string | undefined },
  report: Report,
): void {
  try {
    scheduleOf(pattern, timezone)
  } catch (cause) {
    report.error('trigger-invalid', ['run', 'cron'], {
      message: `pipeline ${id} has the cron pattern '${pattern}': ${cause instanceof Error ? cause.message : cause}`,
      remedy:
        "write minute, hour, day, month and day of the week, such as '0 6 * * *', and a time zone such as Europe/Berlin",
    })
  }
}

/** Warns of a completion condition in a pipeline whose steps are computed again and again and never complete. */
export function warnOfUntil({ trigger, steps }: PipelineDefinition, report: Report): void {
  if (trigger.kind === 'once') return
  for (const { id, until } of steps) {
    if (until.length === 0) continue
    report.warning('trigger-invalid', ['steps', id, 'until'], {
      message: `step ${id} says when it is complete, which counts in a pipeline that runs once only`,
      remedy: 'remove it, or write run: once',
      atKey: true,
    })
  }
}

/** Warns of steps that compute something that nobody looks at. */
export function warnOfUnused(definition: PipelineDefinition, steps: readonly CheckedStep[], report: Report): void {
  const used = new Set<string>()
  for (const { source, path } of sourcesOf(definition)) {
    const isOwnInput = path[0] === 'steps' && source.kind === 'wire' && path[1] === source.owner
    if (source.kind === 'wire' && !isOwnInput) used.add(source.owner)
  }
  for (const { after } of definition.steps) for (const id of after) used.add(id)
  for (const { id, kind, outputs } of steps) {
    if (used.has(id) || kind !== 'function' || outputs.length === 0) continue
    report.warning('output-unused', ['steps', id], {
      message: `nothing uses what step ${id} computes`,
      atKey: true,
    })
  }
}
