import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, endOf, startArena } from './arena.ts'
import { instances } from './plant-files.ts'
import { callOf, lyingLengths, writeOf } from './raw-values.ts'

const setpoint = `${instances};s=dev/boiler1.setpoint`
const move = {
  objectId: `${instances};s=dev/servo1.MethodSet`,
  methodId: `${instances};s=dev/servo1.MethodSet.moveAbsolute`,
}

describe('hostile: lengths', function () {
  this.timeout(180_000)
  let arena: Arena

  before(async () => {
    arena = await startArena()
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  /** Sends a request of any bytes on a session of its own; nothing but Bad or a close may come of it. */
  const refused = async (what: string, make: (client: RawClient) => Buffer): Promise<void> => {
    const client = await arena.session()
    let status = 'closed'
    const answer = client.requestBytes(make(client)).then((response) => {
      status = statusOf(response)
    })
    await endOf(client, answer)
    expect(status, what).not.to.match(/^Good/)
    await client.destroy()
  }

  it('refuses values whose lengths or dimensions lie', () =>
    arena.suffer(async () => {
      for (const [what, bytes] of Object.entries(lyingLengths())) {
        await refused(`write ${what}`, (client) => writeOf(client, setpoint, bytes))
        await refused(`call ${what}`, (client) => callOf(client, move, bytes))
      }
    }))
})
