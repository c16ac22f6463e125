import type { DeviceExample } from 'millrace/plugin'

/** How simulated devices stand in plant files. */
export const examples: readonly DeviceExample[] = [
  {
    title: 'A boiler: waves, a walk, states and a counter',
    devices: {
      boiler1: {
        every: '1s',
        config: {
          seed: 7,
          tags: [
            { name: 'pressure', unit: 'bar', min: 0, max: 10, offset: 6, amplitude: 2, period: '5min', noise: 0.05 },
            { name: 'level', signal: 'walk', unit: '%', min: 0, max: 100, offset: 50, amplitude: 40, period: '1s' },
            { name: 'burner', signal: 'pulse', period: '90s', duty: 70 },
            {
              name: 'mode',
              signal: 'steps',
              choices: ['off', 'purge', 'run'],
              steps: [
                { value: 'off', for: '10s' },
                { value: 'purge', for: '20s' },
                { value: 'run', for: '5min' },
              ],
            },
            { name: 'starts', signal: 'counter', period: '90s' },
          ],
        },
      },
    },
  },
  {
    title: 'A controlled temperature, whose sensor fails one time in ten for 20 s',
    devices: {
      oven1: {
        config: {
          tags: [
            { name: 'setpoint', signal: 'setpoint', value: 180, unit: '°C', min: 20, max: 250 },
            {
              ...{ name: 'temperature', signal: 'follow', follows: 'setpoint', lag: '30s', unit: '°C', noise: 0.2 },
              ...{ dropout: 10, dropFor: '20s' },
            },
          ],
        },
      },
    },
  },
  {
    title: 'A recording that is played again and again, ten times as fast',
    devices: {
      meter1: {
        config: {
          tags: [
            {
              ...{ name: 'power', signal: 'replay', unit: 'kW', file: 'recordings/meter.csv', column: 'power' },
              ...{ timeColumn: 'time', speed: 10 },
            },
          ],
        },
      },
    },
  },
]
