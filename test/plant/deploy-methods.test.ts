import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { DataType, type VariantOptions } from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { moving, plantFile, scaling } from './change-plants.ts'

/** A finding as a client gets it. */
interface Told {
  readonly code: string
  readonly severity: number
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
  readonly remedy: string
}

const files = { 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling(), 'pipelines/move.yaml': moving }

describe('deploying by methods', function () {
  this.timeout(20_000)
  let scratch: ScratchPlant
  let admin: Client

  beforeEach(async () => {
    scratch = await startScratch(files)
    admin = await scratch.connect('ConfigureAdmin')
  })
  afterEach(() => scratch.stop())

  async function ask(client: Client, method: string, ...inputs: (string | number)[]) {
    const inputArguments: VariantOptions[] = inputs.map((value) => ({
      dataType: typeof value === 'number' ? DataType.UInt32 : DataType.String,
      value,
    }))
    const [objectId, methodId] = [client.id('runtime'), client.id(`runtime.${method}`)]
    const result = await client.session.call({ objectId, methodId, inputArguments })
    const outputs = (result.outputArguments ?? []).map(({ value }) => value as unknown)
    return { status: result.statusCode.name, outputs, findings: (outputs.at(-1) ?? []) as readonly Told[] }
  }
  const call = (object: string, method: string) =>
    admin.session.call({ objectId: admin.id(object), methodId: admin.id(`${object}.${method}`) })
  const read = async (identifier: string): Promise<unknown> => (await admin.read(identifier)).value.value
  const text = (file: string) => readFile(join(scratch.folder, file), 'utf8')

  it('Validate answers every finding with its place, and changes nothing', async () => {
    const broken = `${scaling({ servo: 'servo9' })}color: red\n`
    const { status, findings } = await ask(admin, 'Validate', broken, 'draft.yaml')
    expect(status).to.equal('Good')
    expect(findings.map(({ code, file, line, path }) => [code, file, line, path])).to.deep.equal([
      ['wire-unknown', 'draft.yaml', 9, 'steps.scaled.in.value'],
      ['key-unknown', 'draft.yaml', 14, 'color'],
    ])
    expect(findings.every(({ severity, remedy, column }) => severity === 0 && remedy !== '' && column > 0)).to.equal(
      true,
    )
    expect((await ask(admin, 'Validate', scaling({ gain: 7 }), '')).findings).to.have.length(0)
    expect(await read('pipe/scale.Version')).to.equal(1)
    expect(await text('pipelines/scale.yaml')).to.equal(scaling())
  })

  it('Deploy changes a pipeline, writes its file, and keeps the version for the next start', async () => {
    const changed = scaling({ name: 'Scaling twice', gain: 4 })
    const made = await ask(admin, 'Deploy', changed, 'a better gain')
    expect([made.status, made.outputs[0], made.findings.length]).to.deep.equal(['Good', 2, 0])
    expect(await text('pipelines/scale.yaml')).to.equal(changed)
    expect(
      scratch.lines.some((line) => /pipeline scale changed, by ConfigureAdmin: a better gain/.test(line)),
    ).to.equal(true)
    await scratch.restart()
    admin = await scratch.connect('ConfigureAdmin')
    expect(await read('pipe/scale.Version')).to.equal(2)
    const name = await admin.session.read({ nodeId: admin.id('pipe/scale'), attributeId: 4 })
    expect(name.value.value.text).to.equal('Scaling twice')
    const versions = (await read('runtime.Versions')) as Record<string, unknown>[]
    const ofScale = versions.filter(({ pipelineId }) => pipelineId === 'scale')
    expect(ofScale.map(({ version, initiator, comment }) => [version, initiator, comment])).to.deep.equal([
      [1, 'start', ''],
      [2, 'ConfigureAdmin', 'a better gain'],
    ])
    expect(await scratch.dataFiles()).to.include('meta.db')
  })

  it('Deploy adds a pipeline that starts by itself', async () => {
    expect((await ask(admin, 'Deploy', scaling({ id: 'second' }), '')).outputs[0]).to.equal(1)
    await until('it computes', async () => (await admin.read('pipe/second.Outputs.scaled')).statusCode.isGood())
    expect(await text('pipelines/second.yaml')).to.equal(scaling({ id: 'second' }))
  })

  it('Deploy answers the findings of a wrong definition, and the old one goes on', async () => {
    const { status, outputs, findings } = await ask(admin, 'Deploy', scaling({ servo: 'servo9' }), '')
    expect([status, outputs[0]]).to.deep.equal(['Good', 0])
    expect(findings.map(({ code }) => code)).to.deep.equal(['wire-unknown'])
    expect(await text('pipelines/scale.yaml')).to.equal(scaling())
    expect(await read('pipe/scale.CurrentState.Number')).to.equal(13)
    expect(await read('pipe/scale.Version')).to.equal(1)
  })

  it('Deploy does not take the file of somebody else’s draft', async () => {
    await scratch.put('pipelines/second.yaml', 'pipeline: [')
    const { outputs, findings } = await ask(admin, 'Deploy', scaling({ id: 'second' }), '')
    expect([outputs[0], findings.map(({ code }) => code)]).to.deep.equal([0, ['name-duplicate']])
    expect(await text('pipelines/second.yaml')).to.equal('pipeline: [')
  })

  it('Rollback uses an earlier version again, under a new number', async () => {
    await ask(admin, 'Deploy', scaling({ gain: 3 }), '')
    expect(await ask(admin, 'Rollback', 'scale', 1, '')).to.deep.include({ status: 'Good', findings: [] })
    expect(await read('pipe/scale.Version')).to.equal(3)
    expect(await text('pipelines/scale.yaml')).to.equal(scaling())
    const versions = (await read('runtime.Versions')) as { comment: string }[]
    expect(versions.at(-1)?.comment).to.equal('rollback to version 1')
    expect((await ask(admin, 'Rollback', 'scale', 9, '')).status).to.equal('BadNotFound')
    expect((await ask(admin, 'Rollback', '../scale', 1, '')).status).to.equal('BadNotFound')
  })

  it('Remove takes a pipeline away that does not run, and Rollback brings it back', async () => {
    expect((await ask(admin, 'Remove', 'scale', '')).status).to.equal('BadInvalidState')
    await call('pipe/scale', 'Stop')
    await until('it has stopped', async () => (await read('pipe/scale.CurrentState.Number')) === 12)
    expect((await ask(admin, 'Remove', 'scale', 'not needed')).status).to.equal('Good')
    expect((await admin.read('pipe/scale.Outputs.scaled')).statusCode.name).to.equal('BadNodeIdUnknown')
    expect(await text('pipelines/scale.yaml').catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ENOENT')
    expect((await ask(admin, 'Remove', 'scale', '')).status).to.equal('BadNodeIdUnknown')
    expect((await ask(admin, 'Rollback', 'scale', 1, '')).status).to.equal('Good')
    await until('it computes again', async () => (await admin.read('pipe/scale.Outputs.scaled')).statusCode.isGood())
  })

  it('Remove refuses a pipeline that another one reads', async () => {
    const reader = scaling({ id: 'reader' }).replace('servo1.position', 'scale.scaled')
    expect((await ask(admin, 'Deploy', reader, '')).outputs[0]).to.equal(1)
    await call('pipe/scale', 'Stop')
    expect((await ask(admin, 'Remove', 'scale', '')).status).to.equal('BadConfigurationError')
    expect((await admin.read('pipe/scale.PipelineId')).statusCode.name).to.equal('Good')
  })

  it('refuses everybody but a ConfigureAdmin, also those without a login who may operate', async () => {
    for (const role of [undefined, 'Operator', 'Engineer'] as const) {
      const client = await scratch.connect(role)
      for (const [method, ...inputs] of [
        ['Validate', scaling(), ''],
        ['Deploy', scaling({ gain: 9 }), ''],
        ['Rollback', 'scale', 1, ''],
        ['Remove', 'scale', ''],
      ] as const) {
        expect((await ask(client, method, ...inputs)).status, `${method} by ${role}`).to.equal('BadUserAccessDenied')
      }
    }
    expect(await read('pipe/scale.Version')).to.equal(1)
  })

  it('answers a finding, when something else stands where its file would', async () => {
    await scratch.put('pipelines/second.yaml/in-the-way', '')
    const { outputs, findings } = await ask(admin, 'Deploy', scaling({ id: 'second' }), '')
    expect([outputs[0], findings.map(({ code }) => code)]).to.deep.equal([0, ['name-duplicate']])
  })
})
