import type { DeviceExample } from 'millrace/plugin'

const meter = [
  { name: 'voltage', kind: 'input', address: 0, type: 'float32', unit: 'V' },
  { name: 'energy', kind: 'input', address: 72, type: 'float32', order: 'CDAB', unit: 'kWh', every: '10s' },
]

/** How Modbus devices stand in plant files. */
export const examples: readonly DeviceExample[] = [
  {
    title: 'A PLC on Modbus TCP, with addresses as its manual writes them',
    devices: {
      plc1: {
        every: '500ms',
        config: {
          host: '192.168.0.10',
          addressing: 'conventional',
          registers: [
            { name: 'level', address: 30001, rawMin: 0, rawMax: 27648, min: 0, max: 50, unit: 'l' },
            { name: 'running', address: 10001 },
            { name: 'setpoint', address: 40010, scale: 0.1, unit: '°C', access: 'readWrite' },
            { name: 'recipe', address: 40100, type: 'string', length: 16, padding: 'space' },
            { name: 'curve', address: 40200, type: 'int16', count: 10 },
          ],
        },
      },
    },
  },
  {
    title: 'A meter on Modbus RTU, at a serial port of this machine',
    devices: {
      meter1: {
        every: '1s',
        config: { transport: 'rtu', path: '/dev/ttyUSB0', baudRate: 9600, parity: 'none', unitId: 1, registers: meter },
      },
    },
  },
  {
    title: 'Two units on one bus behind a serial server: entries with the same host and port share the line',
    devices: {
      meter1: {
        config: { transport: 'rtu-over-tcp', host: '192.168.0.20', port: 4001, unitId: 1, registers: meter },
      },
      drive1: {
        config: {
          ...{ transport: 'rtu-over-tcp', host: '192.168.0.20', port: 4001, unitId: 2 },
          registers: [
            { name: 'start', address: 0, bit: 0, access: 'readWrite' },
            { name: 'speed', address: 1, type: 'int16', unit: '1/min', min: -3000, max: 3000, access: 'readWrite' },
          ],
        },
      },
    },
  },
]
