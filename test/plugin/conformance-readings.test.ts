import { expect } from 'chai'
import { defineDevice, double, reading, text } from '../../src/plugin/index.ts'
import { conformance } from '../../src/plugin/testing.ts'

describe('conformance of what devices state', () => {
  const base = { type: 'wrong', description: 'Wrong.', outputs: { b: double({ description: 'B.' }) } }
  const close = () => {}
  const complaintsAbout = async (plugin: unknown) =>
    String(await conformance(plugin, { connect: true, deadlineMs: 100 }).catch(String))

  it('passes readings with a status and a time of their own, and complains about wrong ones', async () => {
    const device = (value: unknown) =>
      defineDevice({ ...base, connect: async () => ({ read: async () => ({ b: value }) as never, close }) })
    await conformance(device(reading(1, { status: 0x40000000, sourceTime: 5 })), { connect: true })
    await conformance(device(reading(null, { status: 0x80000000 })), { connect: true })
    expect(await complaintsAbout(device(reading('x')))).to.match(/gives "x" for b, which is not a Double/)
    expect(await complaintsAbout(device(reading(1, { status: -1 })))).to.match(
      /the status -1 for b, which is not a UInt32/,
    )
    expect(await complaintsAbout(device(reading(1, { sourceTime: Number.NaN })))).to.match(/the source time NaN for b/)
  })

  it('gives a folder for certificates and a memory, and knows methods that follow from the configuration', async () => {
    const seen: unknown[] = []
    const device = defineDevice({
      ...base,
      config: { call: text({ default: 'home', description: 'Method.' }) },
      methods: ({ call }) => ({ [call]: { description: 'Calls it.', inputs: { x: double() } } }),
      connect: async ({ certificatesFolder, memory, config }) => {
        seen.push(typeof certificatesFolder, memory instanceof Map)
        return { read: async () => ({ b: 1 }), close, methods: { [config.call]: async () => ({}) } }
      },
    })
    await conformance(device, { connect: true })
    expect(seen.slice(0, 2)).to.deep.equal(['string', true])
    const empty = { ...device, connect: async () => ({ read: async () => ({ b: 1 }), close, methods: {} }) }
    expect(await complaintsAbout(empty)).to.match(/the connection has no code for the method home/)
  })
})
