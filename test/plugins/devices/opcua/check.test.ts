import { expect } from 'chai'
import plugin from '../../../../plugins/devices/opcua.ts'
import type { DevicePlugin } from '../../../../src/plugin/define.ts'
import { describeDevice } from '../../../../src/plugin/describe.ts'
import { configOf } from './field-device.ts'

const tag = { name: 'level', node: 'ns=2;s=Level' }
const method = { name: 'home', object: 'ns=2;s=Axis', method: 'ns=2;s=Axis.Home' }
const usable = { url: 'opc.tcp://plc:4840', tags: [tag] }

const complaintOf = (change: Record<string, unknown>): string => {
  try {
    configOf({ ...usable, ...change })
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('opcua: configuration', () => {
  it('needs an address and tags, and asks for security by itself', () => {
    expect(configOf(usable)).to.include({ securityMode: 'best', securityPolicy: 'best', read: 'subscribe' })
  })

  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ url: 'http://plc:4840' }, /not of the form opc\.tcp/],
    [{ url: 'plc' }, /not of the form opc\.tcp/],
    [{ user: 'operator' }, /without a password/],
    [{ password: 'x' }, /without a user/],
    [{ userCertificate: 'a.pem' }, /belong together/],
    [{ user: 'a', password: 'b', userCertificate: 'a.pem', userKey: 'a.key' }, /two ways to log in/],
    [{ securityMode: 'None', securityPolicy: 'Basic256Sha256' }, /remove one of them/],
    [{ serverThumbprint: 'abc' }, /not a SHA-1 thumbprint/],
    [{ tags: [tag, tag] }, /'level' is declared twice/],
    [{ tags: [{ ...tag, node: 'Level' }] }, /the node of 'level' is neither/],
    [{ tags: [{ ...tag, min: 5, max: 5 }] }, /'level' has min 5/],
    [{ tags: [{ ...tag, type: 'String', unit: 'l' }] }, /neither unit nor range/],
    [{ tags: [{ ...tag, type: 'Boolean', deadband: 1 }] }, /has no deadband/],
    [{ tags: [{ ...tag, deadband: 101, deadbandType: 'percent' }] }, /at most 100/],
    [{ tags: [{ ...tag, access: 'write', deadband: 1 }] }, /only written/],
    [{ methods: [method, method] }, /'home' is declared twice/],
    [{ methods: [{ ...method, name: 'go home' }] }, /"go home"; a name is up to 32 letters/],
    [{ methods: [{ ...method, object: 'Axis' }] }, /the object of 'home' is neither/],
    [{ methods: [{ ...method, inputs: [{ name: 'a' }, { name: 'a' }] }] }, /two arguments a/],
  ]
  for (const [change, message] of wrong) {
    it(`refuses ${JSON.stringify(change).slice(0, 90)}`, () => expect(complaintOf(change)).to.match(message))
  }

  it('never repeats a password that stands in the address', () => {
    const complaint = complaintOf({ url: 'opc.tcp://operator:pump-7@plc:4840' })
    expect(complaint).to.match(/url holds a user or a password/)
    expect(complaint).not.to.match(/pump-7/)
  })

  it('shows address and security, and neither user nor password', () => {
    const config = configOf({ ...usable, user: 'operator', password: 'pump-7', methods: [method] })
    const definition = {
      ...{ id: 'plc1', file: '', name: 'PLC', description: '', type: 'opcua', equipment: 'Acme', enabled: true },
      ...{ everyMs: 1, timeoutMs: 1, holdLastMs: 0, config },
      retry: { attempts: 1, delayMs: 1, factor: 1, jitter: 0, maxDelayMs: 1 },
    }
    const { configuration, methods } = describeDevice(definition, plugin as unknown as DevicePlugin)
    expect(configuration).to.include({ url: 'opc.tcp://plc:4840', securityMode: 'best', publishingInterval: 500 })
    expect(JSON.stringify(configuration)).not.to.match(/operator|pump-7/)
    expect(methods.map(({ name, timeoutMs }) => `${name} ${timeoutMs}`)).to.deep.equal(['home 60000'])
  })
})
