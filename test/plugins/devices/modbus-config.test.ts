import { expect } from 'chai'
import { type Addressing, placeOf } from '../../../plugins/devices/modbus/address.ts'
import { portsOf } from '../../../plugins/devices/modbus/ports.ts'
import { addressOf, complaintsAboutConfig, frameGapMs } from '../../../plugins/devices/modbus/settings.ts'
import { portsOf as describedPorts } from '../../../src/plugin/describe.ts'
import { configOf, register } from './modbus-kit.ts'

describe('modbus: addresses', () => {
  const places: [Addressing, object, string][] = [
    ['zeroBased', { address: 0 }, 'holding 0'],
    ['zeroBased', { address: 65535, kind: 'input' }, 'input 65535'],
    ['oneBased', { address: 1 }, 'holding 0'],
    ['oneBased', { address: 65536, kind: 'coil' }, 'coil 65535'],
    ['conventional', { address: 40001 }, 'holding 0'],
    ['conventional', { address: 49999 }, 'holding 9998'],
    ['conventional', { address: 400001 }, 'holding 0'],
    ['conventional', { address: 465536 }, 'holding 65535'],
    ['conventional', { address: 30001 }, 'input 0'],
    ['conventional', { address: 300123 }, 'input 122'],
    ['conventional', { address: 10001 }, 'discrete 0'],
    ['conventional', { address: 165536 }, 'discrete 65535'],
    ['conventional', { address: 1 }, 'coil 0'],
    ['conventional', { address: 9999 }, 'coil 9998'],
    ['conventional', { address: 10001, kind: 'coil' }, 'coil 10000'],
    ['conventional', { address: 40001, kind: 'holding' }, 'holding 0'],
  ]
  for (const [addressing, written, place] of places) {
    it(`understands ${JSON.stringify(written)} as ${place} when they are ${addressing}`, () => {
      const found = placeOf(written as never, addressing)
      expect('kind' in found && `${found.kind} ${found.address}`).to.equal(place)
    })
  }

  it('refuses those that are in no table, and tells what may be meant', () => {
    const complaint = (written: object, addressing: Addressing): string => {
      const found = placeOf(written as never, addressing)
      return 'complaint' in found ? found.complaint : ''
    }
    expect(complaint({ address: 65536 }, 'zeroBased')).to.match(/from 0 to 65535.*conventional/)
    expect(complaint({ address: 400001 }, 'zeroBased')).to.match(/set addressing to conventional/)
    expect(complaint({ address: 0 }, 'oneBased')).to.match(/from 1 to 65536/)
    for (const address of [0, 20001, 40000, 50001, 466000]) {
      expect(complaint({ address }, 'conventional'), String(address)).to.match(/in no table/)
    }
    expect(complaint({ address: 30001, kind: 'holding' }, 'conventional')).to.match(
      /is a input, and the kind holding|input/,
    )
  })
})

describe('modbus: what a configuration is told', () => {
  const told = (entries: object[], others: object = {}): string[] =>
    complaintsAboutConfig(configOf(entries, others) as never)

  it('names what cannot be in a list of registers', () => {
    const wrong = {
      a: { kind: 'input', access: 'readWrite' },
      b: { kind: 'coil', bit: 1 },
      c: { type: 'float32', bit: 1 },
      d: { address: 65535, type: 'int32' },
      e: { min: 5, max: 5 },
      f: { scale: 0 },
      g: { type: 'string' },
      h: { type: 'string', length: 4, order: 'CDAB' },
      i: { count: 126 },
      j: { count: 124, access: 'readWrite' },
      k: { kind: 'coil', count: 1969, access: 'readWrite' },
      l: { rawMin: 0 },
      m: { rawMin: 0, rawMax: 100 },
      n: { rawMin: 0, rawMax: 100, min: 0, max: 10, scale: 2 },
      o: { rawMin: 7, rawMax: 7, min: 0, max: 10 },
      p: { kind: 'coil', scale: 2 },
      q: { type: 'string', length: 4, count: 2 },
      r: { length: 4 },
      s: { bit: 1, count: 2 },
      t: { type: 'string', length: 5, encoding: 'utf16' },
      u: { address: 70000 },
    }
    const entries = Object.entries(wrong).map(([name, written]) => ({ name, address: 0, ...written }))
    const names = told(entries).map((text) => text.match(/'(\w)'/)?.[1])
    expect(names.toSorted()).to.deep.equal(Object.keys(wrong))
    expect(told([entries[0] as object, entries[0] as object])[0]).to.match(/'a' is declared twice/)
  })

  it('lets tags overlap, and takes the limits of the device', () => {
    const overlapping = [
      { name: 'word', address: 0 },
      { name: 'bit', address: 0, bit: 3 },
      { name: 'long', address: 0, type: 'int32' },
    ]
    expect(told(overlapping)).to.deep.equal([])
    expect(told([{ name: 'curve', address: 0, count: 20 }], { registersMax: 10 })).to.deep.equal([
      "'curve' takes 20 registers; one request reads 10",
    ])
  })

  it('wants what its transport needs, and nothing that means nothing', () => {
    const entries = [{ name: 'a', address: 0 }]
    const rtu = { transport: 'rtu', host: undefined, path: '/dev/ttyS0' }
    expect(told(entries, rtu)).to.deep.equal([])
    expect(told(entries, { ...rtu, path: undefined })[0]).to.match(/path is missing, which rtu needs/)
    expect(told(entries, { ...rtu, host: 'a', port: 1 })).to.have.length(2)
    expect(told(entries, { ...rtu, dataBits: 7 })[0]).to.match(/RTU needs 8/)
    expect(told(entries, { host: undefined })[0]).to.match(/host is missing, which tcp needs/)
    expect(told(entries, { baudRate: 9600, parity: 'even' })).to.have.length(2)
    for (const unitId of [0, 248]) expect(told(entries, { ...rtu, unitId })[0]).to.match(/goes from 1 to 247/)
    expect(told(entries, { unitId: 255 })).to.deep.equal([])
  })

  it('takes as many periods as can be polled', () => {
    const entries = Array.from({ length: 21 }, (_, index) => ({
      name: `r${index}`,
      address: index,
      every: 100 + index,
    }))
    expect(told(entries)[0]).to.match(/21 different periods/)
    expect(told(entries.slice(1))).to.deep.equal([])
  })

  it('sets a serial line as the standard has it', () => {
    const rtu = configOf([{ name: 'a', address: 0 }], {
      transport: 'rtu',
      path: '/dev/ttyS0',
      port: undefined,
    }) as never
    const address = addressOf(rtu)
    expect(address).to.deep.include({ baudRate: 19_200, parity: 'even', dataBits: 8, stopBits: 1 })
    // 3.5 characters of 11 bits, and never less than 1.75 ms (Serial Line 1.02 §2.5.1.1).
    expect(frameGapMs(address, {})).to.be.closeTo(2.005, 0.001)
    expect(frameGapMs({ ...address, baudRate: 115_200 } as never, {})).to.equal(1.75)
    expect(frameGapMs(address, { frameGap: 20 })).to.equal(20)
    expect(frameGapMs({ kind: 'tcp', host: 'a', port: 1 }, {})).to.equal(0)
  })
})

describe('modbus: ports', () => {
  it('have the type, unit and range of their registers', () => {
    const registers = [
      register({ name: 'raw', type: 'int64', unit: 'l', min: -5, max: 5 }),
      register({ name: 'scaled', type: 'int64', scale: 0.1 }),
      register({ name: 'curve', type: 'float32', count: 4, unit: 'V' }),
      register({ name: 'label', type: 'string', length: 8 }),
      register({ name: 'flags', kind: 'coil', count: 3 }),
      register({ name: 'hidden', access: 'write' }),
    ]
    const ports = describedPorts(portsOf(registers, 'write'), {})
    expect(ports.map(({ name, dataType, isArray }) => `${name} ${dataType}${isArray ? '[]' : ''}`)).to.deep.equal([
      ...['raw Int64', 'scaled Double', 'curve Float[]', 'label String', 'flags Boolean[]'],
    ])
    expect(ports[0]).to.deep.include({ unit: 'l', range: [-5, 5] })
    expect(ports[2]).to.include({ unit: 'V' })
  })
})
