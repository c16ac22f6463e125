import type { PlantEvent } from '../../model/event.ts'
import type { HistorianEvent } from './recorder.ts'

/** Makes events of the plant, with texts for people, out of what the recorder tells. */
export class Announcer {
  /** What was done about the trouble that is under way. */
  #notices: string[] = []
  /** Samples that were lost before it began. */
  #lostBefore = 0

  /** Something was done that the end of the trouble should tell. */
  note(message: string): void {
    this.#notices.push(message)
  }

  /** `lost` is how many samples were lost since the start. */
  eventOf(event: HistorianEvent, lost: number): PlantEvent {
    const { time } = event
    if (event.kind === 'gapRecorded') {
      const { tags, from } = event
      const message = `history has a gap: ${amountOf(event.lost, 'sample')} of ${amountOf(tags.length, 'tag')} ${event.lost === 1 ? 'was' : 'were'} lost`
      return { kind: 'historyGap', tags: tags.length, lost: event.lost, lostEvents: 0, from, time, message }
    }
    const { state, reason = '' } = event
    if (state !== 'Ok') {
      const message =
        state === 'Degraded'
          ? `history is not complete: ${reason}; the plant runs on`
          : `history is not kept for now (${state}): ${reason}; the plant runs on`
      return { kind: 'historianStateChanged', state, reason, time, message }
    }
    const lostMeanwhile = lost - this.#lostBefore
    const loss =
      lostMeanwhile === 0 ? 'no sample was dropped' : `${amountOf(lostMeanwhile, 'sample')} dropped meanwhile`
    const message = ['history is kept again', loss, ...this.#notices].join('; ')
    this.#notices = []
    this.#lostBefore = lost
    return { kind: 'historianStateChanged', state, reason, time, message }
  }
}

/** What is told of events that were lost. */
export function lostEventsOf({ count, from, time }: { count: number; from: number; time: number }): PlantEvent {
  const message = `the history of events has a gap: ${amountOf(count, 'event')} ${count === 1 ? 'was' : 'were'} lost`
  return { kind: 'historyGap', tags: 0, lost: 0, lostEvents: count, from, time, message }
}

function amountOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
