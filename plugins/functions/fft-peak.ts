import FFT from 'fft.js'
import { boolean, choice, defineBlock, double } from 'millrace/plugin'

const sizes = ['64', '128', '256', '512', '1024', '2048', '4096'] as const

export default defineBlock({
  type: 'fft-peak',
  description:
    'Finds the strongest vibration in a signal that is sampled at even intervals: its frequency and amplitude.',
  config: {
    size: choice(sizes, { default: '256', description: 'Samples in the window; more tell frequencies more finely.' }),
    min: double({
      unit: 'Hz',
      min: 0,
      default: 0,
      description: 'Lower frequencies are left out; 0 leaves out the mean only.',
    }),
  },
  inputs: { value: double({ description: 'The signal.' }) },
  outputs: {
    frequency: double({ unit: 'Hz', description: 'Frequency of the strongest vibration; 0 until the window is full.' }),
    amplitude: double({ like: 'value', description: 'Its amplitude; 0 until the window is full.' }),
    isFull: boolean({ description: 'Whether the window is full, so that the others can be used.' }),
  },
  memory: () => ({ window: [] as number[], times: [] as number[], next: 0 }),

  compute({ value }, { size, min }, memory, { elapsed }) {
    const count = Number(size)
    memory.window[memory.next] = value
    memory.times[memory.next] = elapsed
    memory.next = (memory.next + 1) % count
    const duration = memory.times.reduce((sum, each) => sum + each, 0)
    if (memory.window.length < count || duration === 0) return { frequency: 0, amplitude: 0, isFull: false }
    const interval = duration / (memory.times[memory.next] === 0 ? count - 1 : count)
    const signal = [...memory.window.slice(memory.next), ...memory.window.slice(0, memory.next)]
    const resolution = 1 / (interval * count)
    const { position, amplitude } = peakOf(spectrumOf(signal), Math.max(1, Math.ceil(min / resolution)))
    return { frequency: position * resolution, amplitude, isFull: true }
  },
})

/** Amplitudes by multiples of the lowest frequency, up to half the sampling rate; seen through a Hann window. */
function spectrumOf(signal: readonly number[]): number[] {
  const count = signal.length
  const mean = signal.reduce((sum, each) => sum + each, 0) / count
  const transform = new FFT(count)
  const seen = signal.map((each, index) => (each - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / count)))
  const output = transform.createComplexArray() as number[]
  transform.realTransform(output, seen)
  // A Hann window halves the amplitude, and half of it is at negative frequencies.
  const magnitude = (index: number) => (4 / count) * Math.hypot(output[2 * index] ?? 0, output[2 * index + 1] ?? 0)
  return Array.from({ length: count / 2 }, (_, index) => magnitude(index))
}

/** The highest point of a spectrum, between its lines: a parabola through the logarithms of the highest line and its neighbours. */
function peakOf(spectrum: readonly number[], from: number): { position: number; amplitude: number } {
  let highest = Math.min(from, spectrum.length - 1)
  for (let index = highest; index < spectrum.length; index++) {
    if (at(spectrum, index) > at(spectrum, highest)) highest = index
  }
  const top = at(spectrum, highest)
  const [left, right] = [at(spectrum, highest - 1), at(spectrum, highest + 1)]
  if (left <= 0 || right <= 0 || top <= 0) return { position: highest, amplitude: top }
  const [before, peak, after] = [Math.log(left), Math.log(top), Math.log(right)]
  const curvature = before - 2 * peak + after
  if (curvature >= 0) return { position: highest, amplitude: top }
  const shift = (before - after) / (2 * curvature)
  return { position: highest + shift, amplitude: Math.exp(peak - ((before - after) * shift) / 4) }
}

function at(spectrum: readonly number[], index: number): number {
  return spectrum[index] ?? 0
}
