import { expect } from 'chai'
import { BrowseDirection, type ReferenceDescription } from 'node-opcua'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'

/** BrowseNames of the reference types of a graph, and their namespaces. */
const types = {
  DataFlowsTo: 'urn:millrace:ua:types',
  ReadsFrom: 'urn:millrace:ua:types',
  WritesTo: 'urn:millrace:ua:types',
}

describe('the graph, by Browse alone', function () {
  this.timeout(30_000)
  let demo: DemoPlant
  let typeIds: Record<keyof typeof types | 'Utilizes', string>

  before(async () => {
    demo = await startDemo()
    const namespaces = await demo.client.session.readNamespaceArray()
    const found = await subtypes('i=32')
    const idOf = (name: string, uri: string): string => {
      const type = found.find(
        ({ browseName }) => browseName.name === name && namespaces[browseName.namespaceIndex] === uri,
      )
      if (!type) throw new Error(`${name} is not among the reference types`)
      return type.nodeId.toString()
    }
    const own = Object.fromEntries(Object.entries(types).map(([name, uri]) => [name, idOf(name, uri)]))
    typeIds = {
      ...(own as Record<keyof typeof types, string>),
      Utilizes: idOf('Utilizes', 'http://opcfoundation.org/UA/'),
    }
  })
  after(() => demo.stop())

  async function browse(nodeId: string, referenceTypeId: string, isInverse = false): Promise<ReferenceDescription[]> {
    const browseDirection = isInverse ? BrowseDirection.Inverse : BrowseDirection.Forward
    const request = {
      nodeId,
      referenceTypeId,
      includeSubtypes: true,
      browseDirection,
      resultMask: 63,
      nodeClassMask: 0,
    }
    return (await demo.client.session.browse(request)).references ?? []
  }

  async function subtypes(nodeId: string): Promise<ReferenceDescription[]> {
    const found = await browse(nodeId, 'HasSubtype')
    return [...found, ...(await Promise.all(found.map((type) => subtypes(type.nodeId.toString())))).flat()]
  }

  const identifier = ({ nodeId }: ReferenceDescription): string => String(nodeId.value)
  const follow = async (from: string, type: keyof typeof typeIds, isInverse = false): Promise<string[]> =>
    (await browse(demo.client.id(from), typeIds[type], isInverse)).map(identifier).sort()
  const children = async (of: string): Promise<ReferenceDescription[]> => browse(demo.client.id(of), 'Aggregates')

  /** The children of a folder of an object, by the name of the folder. */
  async function ports(of: string, folder: string): Promise<string[]> {
    const found = (await children(of)).find(({ browseName }) => browseName.name === folder)
    return found ? (await children(identifier(found))).map(identifier) : []
  }

  const steps = (pipeline: string): Promise<string[]> => ports(`pipe/${pipeline}`, 'Steps')

  /** The step that an output belongs to; undefined for what is no output of a step. */
  async function stepOf(variable: string): Promise<string | undefined> {
    const [folder] = await browse(demo.client.id(variable), 'HasComponent', true)
    if (folder?.browseName.name !== 'Outputs') return undefined
    const [owner] = await browse(folder.nodeId.toString(), 'HasComponent', true)
    const [type] = owner ? await browse(owner.nodeId.toString(), 'HasTypeDefinition') : []
    return type?.browseName.name === 'PipelineStepType' && owner ? identifier(owner) : undefined
  }

  /** Where the value of a variable comes from in the end: a client's walk against the flow. */
  async function sources(variable: string): Promise<string[]> {
    const step = await stepOf(variable)
    const before = step ? await ports(step, 'Inputs') : await follow(variable, 'DataFlowsTo', true)
    if (before.length === 0) return step ? [] : [variable]
    return [...new Set((await Promise.all(before.map(sources))).flat())].sort()
  }

  for (const [output, tags] of [
    ['watch.Outputs.filling', ['dev/plc1.level']],
    ['watch.Outputs.flow', ['dev/plc1.flow']],
    ['watch.Outputs.levelRate', ['dev/plc1.level']],
    ['watch.Outputs.valveOpening', ['dev/servo1.position']],
    ['balance.Outputs.sum', ['dev/plc1.level']],
    ['balance.Outputs.imbalance', ['dev/plc1.level']],
    ['fill.Outputs.filledVolume', ['dev/plc1.flow']],
  ] as const) {
    it(`leads from ${output} to ${tags.join(' and ')}`, async () => {
      const tagsOnly = (await sources(`pipe/${output}`)).filter((source) => source.startsWith('dev/'))
      expect(tagsOnly).to.deep.equal(tags)
    })
  }

  it('names every output of the demo plant in these walks', async () => {
    const outputs = await Promise.all(['watch', 'balance', 'fill'].map((id) => ports(`pipe/${id}`, 'Outputs')))
    expect(outputs.flat()).to.have.lengthOf(7)
  })

  it('leads from a step to the tags it reads and back', async () => {
    const read: Record<string, string[]> = {}
    for (const pipeline of ['watch', 'balance', 'fill']) {
      for (const step of await steps(pipeline)) {
        const tags = await follow(step, 'ReadsFrom')
        if (tags.length > 0) read[step] = tags
        for (const tag of tags) expect(await follow(tag, 'ReadsFrom', true)).to.include(step)
      }
      expect(await follow(`pipe/${pipeline}`, 'ReadsFrom')).to.deep.equal([])
    }
    expect(read).to.deep.equal({
      'pipe/watch/filling': ['dev/plc1.level'],
      'pipe/watch/smooth': ['dev/plc1.flow'],
      'pipe/watch/rate': ['dev/plc1.level'],
      'pipe/watch/opening': ['dev/servo1.position'],
      'pipe/balance/lower': ['dev/plc1.level'],
      'pipe/balance/upper': ['dev/plc1.level'],
      'pipe/balance/imbalance': ['dev/plc1.level'],
      'pipe/fill/volume': ['dev/plc1.flow'],
    })
  })

  it('leads from a written tag to the step that writes it', async () => {
    expect(await follow('dev/plc1.valveSetpoint', 'WritesTo', true)).to.deep.equal(['pipe/watch/allowed'])
    expect(await follow('dev/plc1.valveSetpoint', 'DataFlowsTo', true)).to.deep.equal([
      'pipe/watch/allowed.Outputs.value',
    ])
    expect(await follow('pipe/watch/allowed', 'WritesTo')).to.deep.equal(['dev/plc1.valveSetpoint'])
  })

  it('leads from a pipeline to the devices it uses and from a device to its pipelines', async () => {
    expect(await follow('pipe/watch', 'Utilizes')).to.deep.equal(['dev/plc1', 'dev/servo1'])
    expect(await follow('pipe/balance', 'Utilizes')).to.deep.equal(['dev/plc1'])
    expect(await follow('pipe/fill', 'Utilizes')).to.deep.equal(['dev/plc1', 'dev/servo1'])
    expect(await follow('dev/servo1', 'Utilizes', true)).to.deep.equal(['pipe/fill', 'pipe/watch'])
  })

  it('has no wire too many', async () => {
    const wires: Record<string, string[]> = {}
    for (const pipeline of ['watch', 'balance', 'fill']) {
      for (const step of await steps(pipeline)) {
        for (const port of [...(await ports(step, 'Inputs')), ...(await ports(step, 'Outputs'))]) {
          const from = await follow(port, 'DataFlowsTo', true)
          if (from.length > 0) wires[port] = from
          if (port.includes('.Outputs.')) expect(from, port).to.deep.equal([])
        }
      }
      for (const output of await ports(`pipe/${pipeline}`, 'Outputs')) {
        wires[output] = await follow(output, 'DataFlowsTo', true)
      }
    }
    expect(wires).to.deep.equal({
      'pipe/watch/filling.Inputs.value': ['dev/plc1.level'],
      'pipe/watch/smooth.Inputs.value': ['dev/plc1.flow'],
      'pipe/watch/rate.Inputs.value': ['dev/plc1.level'],
      'pipe/watch/opening.Inputs.value': ['dev/servo1.position'],
      'pipe/watch/allowed.Inputs.value': ['pipe/watch/opening.Outputs.scaled'],
      'pipe/watch.Outputs.filling': ['pipe/watch/filling.Outputs.scaled'],
      'pipe/watch.Outputs.flow': ['pipe/watch/smooth.Outputs.value'],
      'pipe/watch.Outputs.levelRate': ['pipe/watch/rate.Outputs.rate'],
      'pipe/watch.Outputs.valveOpening': ['pipe/watch/allowed.Outputs.value'],
      'pipe/balance/lower.Inputs.value': ['dev/plc1.level'],
      'pipe/balance/upper.Inputs.a': ['dev/plc1.level'],
      'pipe/balance/upper.Inputs.b': ['pipe/balance/lower.Outputs.scaled'],
      'pipe/balance/sum.Inputs.a': ['pipe/balance/lower.Outputs.scaled'],
      'pipe/balance/sum.Inputs.b': ['pipe/balance/upper.Outputs.result'],
      'pipe/balance/imbalance.Inputs.a': ['pipe/balance/sum.Outputs.result'],
      'pipe/balance/imbalance.Inputs.b': ['dev/plc1.level'],
      'pipe/balance.Outputs.sum': ['pipe/balance/sum.Outputs.result'],
      'pipe/balance.Outputs.imbalance': ['pipe/balance/imbalance.Outputs.result'],
      'pipe/fill/volume.Inputs.value': ['dev/plc1.flow'],
      'pipe/fill.Outputs.filledVolume': ['pipe/fill/volume.Outputs.total'],
    })
  })

  it('counts the executions of each step while the pipeline runs', async () => {
    const count = async (): Promise<number> =>
      Number((await demo.client.read('pipe/watch/smooth.ExecutionCount')).value.value)
    await until('the step has been executed', async () => (await count()) > 0)
    const before = await count()
    await until('it is executed again', async () => (await count()) > before)
    expect((await demo.client.read('pipe/watch/smooth.ErrorCount')).value.value).to.equal(0)
    expect((await demo.client.read('pipe/watch/smooth.State')).statusCode.isGood()).to.equal(true)
  })
})
