import { expect } from 'chai'
import type { AuditEntry } from '../../src/store/audit-store.ts'
import { describeStores } from './stores.ts'

const entry = (number: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  time: 1000 + number,
  user: 'ada',
  session: 'session-1',
  action: 'write',
  target: `plc.setpoint${number}`,
  status: 0x803c0000,
  details: { oldValue: -0, newValue: [1n, new Date(3)], comment: 'higher' },
  ...more,
})

describeStores('the audit trail', (rig) => {
  it('keeps entries as they were, over a restart', async () => {
    await rig.store.audit.append([entry(1), entry(2)])
    await rig.reopen()
    await rig.store.audit.append([entry(3)])
    expect((await rig.store.audit.read({ limit: 10 })).entries).to.deep.equal([entry(1), entry(2), entry(3)])
  })

  it('gives pages, newest first where that is wanted', async () => {
    const { audit } = rig.store
    await audit.append([entry(1), entry(2), entry(3, { time: 1002 })])
    const first = await audit.read({ limit: 2, isBackward: true })
    expect(first.entries).to.deep.equal([entry(3, { time: 1002 }), entry(2)])
    const rest = await audit.read({ limit: 2, isBackward: true, after: first.next })
    expect(rest).to.deep.equal({ entries: [entry(1)] })
  })

  it('narrows by user and time', async () => {
    const { audit } = rig.store
    await audit.append([entry(1), entry(2, { user: 'bob' }), entry(3)])
    expect((await audit.read({ limit: 10, user: 'bob' })).entries).to.deep.equal([entry(2, { user: 'bob' })])
    expect((await audit.read({ limit: 10, user: 'ada', from: 1002 })).entries).to.deep.equal([entry(3)])
  })

  it('removes old entries in small steps', async () => {
    const { audit } = rig.store
    await audit.append([entry(1), entry(2), entry(3)])
    expect(await audit.removeBefore(1003, 1)).to.equal(1)
    expect(await audit.removeBefore(1003, 9)).to.equal(1)
    expect((await audit.read({ limit: 10 })).entries).to.deep.equal([entry(3)])
  })
})
