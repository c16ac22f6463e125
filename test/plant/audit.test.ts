import { join } from 'node:path'
import { expect } from 'chai'
import { DataType, UserTokenType } from 'node-opcua'
import type { AuditEntry } from '../../src/store/audit-store.ts'
import { openForReading } from '../../src/store/open-for-reading.ts'
import { recorded } from '../cli/recorded-terminal.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { connect } from '../opcua/bench.ts'
import { plantFile, scaling } from './change-plants.ts'

const parameters = 'parameters: { limit: { type: Double, min: 0, max: 10, default: 1 } }'
const text = scaling({ parameters })

describe('the audit trail of a plant', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let engineer: Client

  before(async () => {
    scratch = await startScratch({
      'plant.yaml': plantFile.replace('operate', 'observe'),
      'pipelines/scale.yaml': text,
    })
    engineer = await scratch.connect('ConfigureAdmin')
  })
  after(() => scratch.stop())

  const data = () => join(scratch.folder, '..', 'data')

  async function entries(): Promise<readonly AuditEntry[]> {
    const store = await openForReading(join(data(), 'meta.db'), { what: 'audit', onDamage: () => {} })
    return (await store.audit.read({ limit: 1000 }).finally(() => store.close())).entries
  }

  /** The first entry of an action and target, once it is kept. */
  async function kept(action: string, target: string | RegExp): Promise<AuditEntry> {
    let found: AuditEntry | undefined
    await until(`${action} of ${target} is kept`, async () => {
      found = (await entries()).findLast((each) => each.action === action && each.target.match(target) !== null)
      return found !== undefined
    })
    return found!
  }

  const call = (object: string, method: string, ...values: (string | number)[]) =>
    engineer.session.call({
      objectId: engineer.id(object),
      methodId: engineer.id(`${object}.${method}`),
      inputArguments: values.map((value) =>
        typeof value === 'number' ? { dataType: DataType.UInt32, value } : { dataType: DataType.String, value },
      ),
    })

  it('has a write with who, in which session, and both values', async () => {
    await engineer.write('pipe/scale.Parameters.limit', { dataType: DataType.Double, value: 5 })
    const entry = await kept('write', 'pipe/scale.Parameters.limit')
    expect(entry).to.deep.include({ user: 'ConfigureAdmin', status: 0, details: { oldValue: 1, newValue: 5 } })
    expect(entry.session).to.match(/^ns=1;g=/)
    expect(Date.now() - entry.time).to.be.within(0, 10_000)
  })

  it('has a write that was refused, with its status', async () => {
    await engineer.write('pipe/scale.Parameters.limit', { dataType: DataType.Double, value: 50 })
    await until('it is kept', async () => (await entries()).some(({ status }) => status === 0x803c0000))
    const refused = (await entries()).find(({ status }) => status === 0x803c0000)
    expect(refused?.details).to.deep.equal({ oldValue: 5, newValue: 50 })
  })

  it('has calls, also those that the role or the state does not allow', async () => {
    await call('pipe/scale', 'Halt')
    expect(await kept('call', 'pipe/scale.Halt')).to.deep.include({ status: 0, details: {} })
    await call('pipe/scale', 'Stop')
    expect(await kept('call', 'pipe/scale.Stop')).to.deep.include({ status: 0x80af0000 })
    const observer = await scratch.connect('Observer')
    await observer.session.call({ objectId: observer.id('pipe/scale'), methodId: observer.id('pipe/scale.Start') })
    const refused = await kept('call', 'pipe/scale.Start')
    expect(refused).to.deep.include({ user: 'Observer', status: 0x801f0000 })
    await call('pipe/scale', 'Reset')
  })

  it('names the pipeline of Deploy, Rollback and Remove, and keeps a part of a long text only', async () => {
    const long = `# ${'x'.repeat(5000)}\n${text.replace('gain: 2', 'gain: 3')}`
    const { outputArguments } = await call('runtime', 'Deploy', long, 'a better gain')
    const deployed = await kept('deploy', 'scale')
    expect(deployed.details).to.deep.include({ Comment: 'a better gain', Version: outputArguments?.[0]?.value })
    expect(String(deployed.details.Definition).length).to.be.below(600)
    await call('runtime', 'Rollback', 'scale', 1, '')
    expect((await kept('rollback', 'scale')).details).to.deep.include({ Version: 1 })
    await call('runtime', 'Remove', 'none', '')
    expect(await kept('remove', 'none')).to.deep.include({ status: 0x80340000 })
  })

  it('has logins, refused ones too, and never a password', async () => {
    const userName = `mallory ${Date.now()}`
    const user = { type: UserTokenType.UserName, userName, password: 'open sesame' } as const
    const folder = join(scratch.folder, '..', 'client')
    await connect(scratch.plant.urls[0]!, folder, { user }).then(
      () => expect.fail('mallory was let in'),
      () => undefined,
    )
    const nobody = await connect(scratch.plant.urls[0]!, folder, {})
    await nobody.close()
    await until('it is kept', async () => (await entries()).some((each) => each.user === userName))
    const logout = await kept('logout', /MillraceTest/)
    const all = await entries()
    const refused = all.filter((each) => each.user === userName)
    expect(refused.map(({ action, status }) => [action, status])).to.deep.equal([['login', 0x801f0000]])
    expect(refused[0]?.target).to.include('MillraceTest')
    expect(all.find(({ user }) => user === 'ConfigureAdmin')).to.deep.include({ action: 'login', status: 0 })
    expect(logout).to.deep.include({ user: 'anonymous', status: 0 })
    expect(all.filter(({ session }) => session === logout.session).map(({ action }) => action)).to.deep.equal([
      'login',
      'logout',
    ])
    expect(JSON.stringify(all)).not.to.include('sesame')
  })

  it('is told on the command line while the plant runs, as a table and as JSON', async () => {
    const { code, out, err } = await recorded(['audit', '--data', data(), '--user', 'Observer'])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out.split('\n')[0]).to.match(/^time \(UTC\) +user +action +target +status +details$/)
    expect(out).to.match(/Observer +call +pipe\/scale\.Start +BadUserAccessDenied/)
    expect(out).not.to.include('ConfigureAdmin')
    const json = await recorded(['audit', '--json', '--limit', '3'], { MILLRACE_DATA: data() })
    const listed = JSON.parse(json.out) as { time: string; statusName: string }[]
    expect(listed.length).to.equal(3)
    expect(listed.map(({ time }) => time)).to.deep.equal(
      listed
        .map(({ time }) => time)
        .toSorted()
        .reverse(),
    )
    const none = await recorded(['audit', '--data', data(), '--to', '2001-01-01'])
    expect(none.out).to.equal('nothing is kept for that\n')
  })
})
