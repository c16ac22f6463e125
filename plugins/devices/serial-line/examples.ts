import type { DeviceExample } from 'millrace/plugin'

/** How devices on serial lines stand in plant files. */
export const examples: readonly DeviceExample[] = [
  {
    title: 'A scale that is asked, and whose limit can be set',
    devices: {
      scale1: {
        every: '500ms',
        config: {
          path: '/dev/ttyUSB0',
          delimiter: '\\r\\n',
          messages: [
            {
              ask: 'S\\r\\n',
              pattern: '^S (?<stable>[SD]) +(?<weight>-? *[0-9.]+) kg$',
              fields: [
                { name: 'weight', unit: 'kg', min: 0, max: 60 },
                { name: 'stable', type: 'boolean', trueText: 'S' },
              ],
            },
          ],
          writes: [
            {
              name: 'limit',
              unit: 'kg',
              min: 0,
              max: 60,
              command: 'SP {value:%.1f}\\r\\n',
              acknowledge: '^SP A$',
              refuse: '^SP L$',
            },
          ],
        },
      },
    },
  },
  {
    title: 'A GPS receiver behind a serial server, which sends by itself with a checksum (NMEA 0183)',
    devices: {
      gps1: {
        config: {
          ...{ transport: 'tcp', host: '192.168.0.30', port: 4001, expectEvery: '5s' },
          ...{ start: '$', checksum: 'xor', checksumAs: 'hex', checksumFrom: 1, checksumSeparator: '*' },
          messages: [
            {
              pattern: '^GPVTG,(?<course>[0-9.]+),T,[^K]*N,(?<speed>[0-9.]+),K',
              fields: [
                { name: 'course', unit: '°', min: 0, max: 360 },
                { name: 'speed', unit: 'km/h' },
              ],
            },
          ],
        },
      },
    },
  },
  {
    title: 'A gauge that is asked in binary frames with a length and a CRC',
    devices: {
      gauge1: {
        config: {
          ...{ path: '/dev/ttyUSB1', baudRate: 115200, framing: 'length', start: 'hex:02', lengthAt: 1, lengthAdds: 4 },
          ...{ checksum: 'crc16-modbus', checksumOrder: 'little' },
          messages: [
            {
              ask: 'hex:02 01 10 {checksum}',
              fields: [
                { name: 'pressure', at: 2, type: 'float32', order: 'little', unit: 'bar' },
                { name: 'alarm', at: 1, type: 'uint8', bit: 0 },
              ],
            },
          ],
        },
      },
    },
  },
]
