import { type Connection, defineDevice, type Fields, type Methods } from 'millrace/plugin'
import { complaintsAbout } from './opcua/check.ts'
import { type ArgumentConfig, type Config, fields, type TagConfig } from './opcua/config.ts'
import { fieldOf } from './opcua/types.ts'

export default defineDevice({
  type: 'opcua',
  description: 'Another OPC UA server: a PLC, a machine, a gateway.',
  config: fields,
  outputs: ({ tags }): Fields => ports(tags, 'write'),
  inputs: ({ tags }): Fields => ports(tags, 'read'),
  methods: (config): Methods => methodsOf(config as Config),
  check: (config) => complaintsAbout(config as Config),

  async connect(context) {
    // The library of the protocol is large, and only a plant that connects needs it.
    const { connect } = await import('./opcua/connection.ts')
    return (await connect(context)) as Connection<Fields, Fields, Methods>
  },
})

/** The ports of all tags but those with an access of `without`. */
function ports(tags: readonly TagConfig[], without: TagConfig['access']): Fields {
  return portsOf(tags.filter(({ access }) => access !== without))
}

function methodsOf({ methods }: Config): Methods {
  const entries = methods.map(({ name, method, description, inputs, outputs, timeout }) => [
    name,
    {
      description: description || `Calls ${method} of the server.`,
      inputs: portsOf(inputs),
      outputs: portsOf(outputs),
      timeoutMs: timeout,
    },
  ])
  return Object.fromEntries(entries) as Methods
}

function portsOf(declared: readonly ArgumentConfig[]): Fields {
  return Object.fromEntries(declared.map((each) => [each.name, fieldOf(each)]))
}
