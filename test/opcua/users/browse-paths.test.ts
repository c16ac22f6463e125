import { expect } from 'chai'
import { type BrowsePathResult, UserTokenType } from 'node-opcua'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { type Bench, type Client, startBench } from '../bench.ts'

const users = {
  check: async (user: string, password: string) => user === password,
  rolesOf: (user: string) => [user as RoleName],
}

/** A step to a node of that name: down the hierarchy, or up. */
interface Step {
  readonly name: string
  readonly isUp?: boolean
}

describe('TranslateBrowsePathsToNodeIds', () => {
  let bench: Bench
  let observer: Client
  let nobody: Client

  before(async () => {
    bench = await startBench({ anonymous: 'none', users })
    nobody = await bench.connect()
    observer = await bench.connect({
      user: { type: UserTokenType.UserName, userName: 'Observer', password: 'Observer' },
    })
  })
  after(() => bench.stop())

  const follow = async (client: Client, startingNode: string, ...steps: readonly Step[]): Promise<string> => {
    const elements = steps.map(({ name, isUp = false }) => ({
      ...{ targetName: nameOf(client, name), isInverse: isUp, includeSubtypes: true, referenceTypeId: 'i=33' },
    }))
    const result: BrowsePathResult = await client.session.translateBrowsePath({
      ...{ startingNode, relativePath: { elements } },
    } as never)
    const [target] = result.targets ?? []
    return target ? target.targetId.toString() : result.statusCode.name
  }

  /** Instances have names in their namespace, everything else here in the standard one. */
  const nameOf = ({ id }: Client, name: string) => {
    const namespaceIndex = name === 'Acme' || name === 'Berlin' ? Number(/ns=(\d+)/.exec(id(''))?.[1]) : 0
    return { name, namespaceIndex }
  }

  it('finds a node by its path', async () => {
    expect(await follow(observer, 'i=85', { name: 'Acme' })).to.equal(observer.id('eq/Acme'))
    expect(await follow(observer, 'i=84', { name: 'Objects' }, { name: 'Server' })).to.equal('ns=0;i=2253')
    expect(await follow(observer, 'i=84', { name: 'Objects' }, { name: 'Nowhere' })).to.equal('BadNoMatch')
  })

  it('finds nothing through a node that its caller may not browse, as if that were not there', async () => {
    const path = [{ name: 'Acme' }, { name: 'Objects', isUp: true }, { name: 'Server' }]
    expect(await follow(observer, 'i=85', ...path)).to.equal('ns=0;i=2253')
    expect(await follow(nobody, 'i=85', ...path)).to.equal('BadNoMatch')
    expect(await follow(nobody, 'i=85', { name: 'Nowhere' }, ...path.slice(1))).to.equal('BadNoMatch')
  })

  it('finds nothing that its caller may not browse, and begins at no such node', async () => {
    expect(await follow(nobody, 'i=85', { name: 'Acme' })).to.equal('BadNoMatch')
    expect(await follow(nobody, nobody.id('eq/Acme'), { name: 'Objects', isUp: true })).to.equal('BadNoMatch')
    expect(await follow(nobody, 'i=84', { name: 'Objects' }, { name: 'Server' })).to.equal('ns=0;i=2253')
  })

  it('says what is wrong with a path', async () => {
    expect(await follow(nobody, 'i=85')).to.equal('BadNothingToDo')
    expect(await follow(nobody, 'i=85', { name: '' }, { name: 'Server' })).to.equal('BadBrowseNameInvalid')
    expect(await follow(nobody, 'i=4711081', { name: 'Server' })).to.equal('BadNodeIdUnknown')
  })

  it('answers a path that goes up and down at once, however long it is', async () => {
    const steps = Array.from({ length: 200 }, (_, index) =>
      index % 2 === 0 ? { name: 'Server' } : { name: 'Objects', isUp: true },
    )
    expect(await follow(nobody, 'i=85', ...steps, { name: 'Server' })).to.equal('ns=0;i=2253')
  })
})
