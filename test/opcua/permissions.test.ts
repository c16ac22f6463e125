import { expect } from 'chai'
import { AttributeIds, DataType, UserTokenType } from 'node-opcua'
import type { AnonymousAccess, RoleName } from '../../src/opcua/roles.ts'
import type { UserDirectory } from '../../src/opcua/server-options.ts'
import { type Bench, type Client, startBench } from './bench.ts'

/** What a client gets for each thing that it may try; `Start` is called last, because it changes the state. */
async function attempts(client: Client) {
  const browse = await client.session.browse('ObjectsFolder')
  const call = async (object: string, method: string): Promise<string> =>
    (await client.session.call({ objectId: client.id(object), methodId: client.id(method) })).statusCode.name
  return {
    browse: (browse.references ?? []).some(({ nodeId }) => nodeId.value === 'eq/Acme'),
    read: (await client.read('dev/plc1.DeviceId')).statusCode.name,
    write: await client.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 1 }),
    start: await call('pipe/fill', 'pipe/fill.Start'),
    halt: await call('pipe/fill', 'pipe/fill.Halt'),
    reset: await call('pipe/fill', 'pipe/fill.Reset'),
    home: await call('dev/servo1.MethodSet', 'dev/servo1.MethodSet.home'),
    connect: await call('dev/plc1', 'dev/plc1.Connect'),
  }
}

const denied = 'BadUserAccessDenied'
const nobody = {
  browse: false,
  read: denied,
  write: denied,
  start: denied,
  halt: denied,
  reset: denied,
  home: denied,
  connect: denied,
}
const observer = { ...nobody, browse: true, read: 'Good' }
const operator = { ...observer, write: 'Good', start: 'Good', halt: 'Good', home: 'Good' }
const supervisor = { ...operator, reset: 'Good' }
const engineer = { ...supervisor, connect: 'Good' }

/** Every user's password is the name of the user, and the name is the role. */
const users: UserDirectory = {
  check: async (user, password) => user === password,
  rolesOf: (user) => (user === 'Nobody' ? [] : [user as RoleName]),
}

describe('permissions', () => {
  const anonymousRows: readonly (readonly [AnonymousAccess, object])[] = [
    ['none', nobody],
    ['observe', observer],
    ['operate', engineer],
  ]
  for (const [anonymous, expected] of anonymousRows) {
    describe(`of a client without a login, when anonymous is ${anonymous}`, () => {
      let bench: Bench
      let client: Client

      before(async () => {
        bench = await startBench({ anonymous })
        client = await bench.connect()
      })
      after(() => bench.stop())

      it('are the declared ones', async () => {
        expect(await attempts(client)).to.deep.equal(expected)
      })

      it('cover every attribute of an instance', async () => {
        const nodeId = client.id('dev/plc1.DeviceId')
        const attributes = [
          AttributeIds.NodeId,
          AttributeIds.BrowseName,
          AttributeIds.DisplayName,
          AttributeIds.DataType,
        ]
        const results = await client.session.read(attributes.map((attributeId) => ({ nodeId, attributeId })))
        const wanted = anonymous === 'none' ? denied : 'Good'
        expect(results.map(({ statusCode }) => statusCode.name)).to.deep.equal(attributes.map(() => wanted))
      })

      it('keep the sessions of others from it', async () => {
        for (const nodeId of ['i=3707', 'i=2290']) {
          const { statusCode } = await client.session.read({ nodeId, attributeId: AttributeIds.Value })
          expect(statusCode.name).to.equal(denied)
        }
        const { references } = await client.session.browse('i=3706')
        expect(references ?? []).to.deep.equal([])
      })

      it('let it read the Server object and the types, and write neither', async () => {
        const state = await client.session.read({ nodeId: 'i=2259', attributeId: AttributeIds.Value })
        expect(state.statusCode.name).to.equal('Good')
        const type = await client.session.read({ nodeId: 'ns=8;i=1047', attributeId: AttributeIds.BrowseName })
        expect(type.value.value?.name).to.equal('PipelineType')
        const write = await client.session.write({
          nodeId: 'i=2267',
          attributeId: AttributeIds.Value,
          value: { value: { dataType: DataType.Byte, value: 1 } },
        })
        expect(write.isGood()).to.equal(false)
      })
    })
  }

  describe('of a user', () => {
    let bench: Bench

    before(async () => {
      bench = await startBench({ anonymous: 'none', users })
    })
    after(() => bench.stop())

    const rows: readonly (readonly [string, object])[] = [
      ['Nobody', nobody],
      ['Observer', observer],
      ['Operator', operator],
      ['Supervisor', { ...supervisor, start: 'BadInvalidState', halt: 'BadInvalidState' }],
      ['Engineer', engineer],
      ['ConfigureAdmin', engineer],
    ]
    for (const [name, expected] of rows) {
      it(`are those of the role ${name}`, async () => {
        const client = await bench.connect({
          user: { type: UserTokenType.UserName, userName: name, password: name },
        })
        expect(await attempts(client)).to.deep.equal(expected)
        await client.close()
      })
    }

    it('are not given, when the password is wrong', async () => {
      const user = { type: UserTokenType.UserName, userName: 'Operator', password: 'guess' } as const
      const error = await bench.connect({ user }).then(
        () => undefined,
        (reason: Error) => reason.message,
      )
      expect(error).to.match(/BadUserAccessDenied|BadIdentityTokenRejected/)
    })

    it('name the user as the initiator', async () => {
      const user = { type: UserTokenType.UserName, userName: 'Operator', password: 'Operator' } as const
      const client = await bench.connect({ user })
      await client.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 3 })
      expect(bench.plant.asked.at(-1)).to.deep.equal({ what: 'plc1.wDouble = 3', initiator: 'Operator' })
      await client.close()
    })
  })

  describe('of everybody', () => {
    let bench: Bench
    let client: Client

    before(async () => {
      bench = await startBench({ anonymous: 'operate' })
      client = await bench.connect()
    })
    after(() => bench.stop())

    it('let only declared variables be written, in all of the namespaces', async () => {
      const writable = new Set<string>()
      const seen = new Set<string>(['i=85'])
      let front = ['i=85', 'i=86', 'i=2253']
      while (front.length > 0) {
        const next = await step(front, seen)
        for (const nodeId of next) seen.add(nodeId)
        front = next
      }
      const all = [...seen]
      for (let at = 0; at < all.length; at += 500) {
        const part = all.slice(at, at + 500)
        const levels = await client.session.read(
          part.map((nodeId) => ({ nodeId, attributeId: AttributeIds.UserAccessLevel })),
        )
        levels.forEach(({ statusCode, value }, index) => {
          if (statusCode.isGood() && (value.value & 2) !== 0) writable.add(part[index]!)
        })
      }
      expect(all.length).to.be.greaterThan(500)
      const declared = bench.plant.devices.flatMap(({ id, inputs }) => inputs.map(({ name }) => `dev/${id}.${name}`))
      const expected = [...declared, 'pipe/fill.Parameters.TargetVolume'].map((identifier) => client.id(identifier))
      expect([...writable].sort()).to.deep.equal(expected.sort())
    })

    async function step(front: readonly string[], seen: ReadonlySet<string>): Promise<string[]> {
      const found = new Set<string>()
      for (let at = 0; at < front.length; at += 100) {
        const nodesToBrowse = front.slice(at, at + 100).map((nodeId) => ({
          nodeId,
          referenceTypeId: 'HierarchicalReferences',
          includeSubtypes: true,
          browseDirection: 0,
          resultMask: 0,
          nodeClassMask: 0,
        }))
        for (const { references } of await client.session.browse(nodesToBrowse)) {
          for (const { nodeId } of references ?? []) if (!seen.has(nodeId.toString())) found.add(shortId(nodeId))
        }
      }
      return [...found].filter((nodeId) => !seen.has(nodeId))
    }

    function shortId(nodeId: { namespace: number; toString(): string }): string {
      return nodeId.namespace === 0 ? nodeId.toString().replace('ns=0;', '') : nodeId.toString()
    }
  })
})
