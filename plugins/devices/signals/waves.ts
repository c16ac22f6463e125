import { rangeOf } from './ports.ts'
import { gaussian, keyOf, walk } from './random.ts'
import type { Recording } from './recording.ts'
import type { Given, TagEntry } from './settings.ts'

/** The value of a signal at a time in milliseconds; null where there is none. */
export type Signal = (ms: number) => Given | null

/** What a signal is made of besides its entry. */
export interface SignalParts {
  readonly seed: number
  readonly recording?: Recording | undefined
}

/** Makes the signal of a tag. It has no memory: the same time gives the same value. Setpoints, and what follows them, are made elsewhere. */
export function signalOf(tag: TagEntry, parts: SignalParts): Signal {
  const { signal, offset, amplitude, duty } = tag
  const key = keyOf(parts.seed, tag.name, signal)
  const wave = (shape: (position: number) => number): Signal => {
    return (ms) => offset + amplitude * shape(positionOf(tag, ms))
  }
  switch (signal) {
    case 'sine':
      return wave((position) => Math.sin(2 * Math.PI * position))
    case 'triangle':
      return wave((position) => 4 * Math.abs(((position + 0.75) % 1) - 0.5) - 1)
    case 'square':
      return wave((position) => (position < duty / 100 ? 1 : -1))
    case 'sawtooth':
      return wave((position) => 2 * position - 1)
    case 'ramp':
      return (ms) => offset + amplitude * Math.min(1, Math.max(0, ms / msOf(tag)))
    case 'constant':
      return () => tag.value ?? offset
    case 'walk':
      return walkOf(tag, key)
    case 'noise':
      return (ms) => offset + amplitude * gaussian(key, Math.floor(ms))
    case 'steps':
      return stepsOf(tag)
    case 'counter':
      return counterOf(tag)
    case 'toggle':
      return (ms) => positionOf(tag, ms) < 0.5
    case 'pulse':
      return (ms) => positionOf(tag, ms) < duty / 100
    case 'replay':
      return replayOf(tag, parts.recording)
    default:
      return () => null
  }
}

/** Whether a signal comes to an end, so that it begins when the device is connected. */
export function hasEnd({ signal, loop }: TagEntry): boolean {
  return signal === 'ramp' || ((signal === 'steps' || signal === 'replay') && !loop)
}

function msOf({ period }: TagEntry): number {
  return period * 1000
}

/** Where in its period a wave is, from 0 to 1. Taken in milliseconds, which are whole numbers: so nothing is lost after decades. */
function positionOf(tag: TagEntry, ms: number): number {
  const position = (ms % msOf(tag)) / msOf(tag) + tag.phase / 360
  return position - Math.floor(position)
}

function walkOf(tag: TagEntry, key: number): Signal {
  const { offset, amplitude, step = Math.abs(amplitude) / 20 } = tag
  const width = Math.abs(amplitude)
  const limits = { low: offset - width, high: offset + width, step }
  return (ms) => walk(key, Math.floor(ms / msOf(tag)), limits)
}

function stepsOf({ steps = [], loop }: TagEntry): Signal {
  let total = 0
  const ends = steps.map((step) => {
    total += step.for * 1000
    return total
  })
  return (ms) => {
    const at = loop ? ms % total : ms
    const index = ends.findIndex((end) => at < end)
    return steps.at(index)?.value ?? null
  }
}

function counterOf(tag: TagEntry): Signal {
  const { offset, step = 1, min, max } = tag
  const [lowest, highest] = rangeOf(tag) ?? [offset, Number.MAX_SAFE_INTEGER]
  const low = min ?? Math.min(offset, Math.max(lowest, 0))
  const span = (max ?? highest) - low + 1
  return (ms) => {
    const count = (offset - low + step * Math.floor(ms / msOf(tag))) % span
    return low + (count < 0 ? count + span : count)
  }
}

function replayOf({ loop, speed }: TagEntry, recording: Recording | undefined): Signal {
  if (!recording) return () => null
  const { times, values, lengthMs } = recording
  return (ms) => {
    const at = loop ? (ms * speed) % lengthMs : ms * speed
    return values[lastAt(times, at)] ?? null
  }
}

/** Index of the last time that is not after a moment. */
function lastAt(times: readonly number[], moment: number): number {
  let [low, high] = [0, times.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((times[middle] ?? 0) <= moment) low = middle
    else high = middle - 1
  }
  return low
}
