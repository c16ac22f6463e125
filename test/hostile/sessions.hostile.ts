import { expect } from 'chai'
import {
  ActivateSessionRequest,
  CreateSessionRequest,
  IssuedIdentityToken,
  UserNameIdentityToken,
  X509IdentityToken,
} from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, startArena } from './arena.ts'
import { testPassword } from './leaks.ts'

const createSession = (requestedSessionTimeout: number) =>
  new CreateSessionRequest({ endpointUrl: 'opc.tcp://127.0.0.1', requestedSessionTimeout, sessionName: 'raw' })

describe('hostile: sessions', function () {
  this.timeout(300_000)
  let arena: Arena

  before(async () => {
    arena = await startArena()
  })
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const opened = async (): Promise<RawClient> => {
    const client = await arena.raw()
    await client.hello()
    await client.open()
    return client
  }

  it('keeps room for others, when 300 sessions are made and never activated', () =>
    arena.suffer(async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, opened))
      for (const client of clients) {
        const asked = Array.from({ length: 15 }, () =>
          client.request(createSession(3_600_000)).then(statusOf, (error: Error) => error.message),
        )
        for (const status of await Promise.all(asked))
          expect(status).to.match(/^(Good|BadTooMany|BadServerTooBusy|the server|error)/)
      }
      await Promise.all(clients.map((client) => client.destroy()))
    }))

  it('takes the places back of 60 sessions with the longest timeout whose connections have gone', () =>
    arena.suffer(async () => {
      for (let index = 0; index < 60; index += 1) {
        const client = await opened()
        await client.login(Number.MAX_VALUE).catch(() => undefined)
        await client.destroy()
      }
    }))

  it('answers every wrong login with the same status, and logs none of the passwords', () =>
    arena.suffer(async () => {
      const password = Buffer.from(testPassword)
      const name = (fields: object) => new UserNameIdentityToken({ policyId: 'username', userName: 'admin', ...fields })
      const tokens = [
        name({ password }),
        name({ userName: 'nobody', password }),
        name({ userName: '', password }),
        name({ userName: 'x'.repeat(900_000), password }),
        name({ userName: null, password: null }),
        name({ password: Buffer.alloc(256, 7), encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep' }),
        name({ password: Buffer.alloc(3), encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep' }),
        name({ password, encryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5' }),
        name({ password, encryptionAlgorithm: 'no algorithm' }),
        name({ policyId: 'no policy', password }),
        new X509IdentityToken({ policyId: 'certificate', certificateData: Buffer.alloc(900, 1) }),
        new IssuedIdentityToken({ policyId: 'issued', tokenData: password }),
      ]
      const statuses: string[] = []
      for (const userIdentityToken of tokens) {
        const client = await opened()
        const created = await client.request(createSession(60_000))
        client.authenticationToken = created.authenticationToken
        const answer = client.request(new ActivateSessionRequest({ userIdentityToken }))
        statuses.push(await answer.then(statusOf, (error: Error) => error.message))
        await client.destroy()
      }
      expect(statuses.filter((status) => status.startsWith('Good'))).to.deep.equal([])
      expect([...new Set(statuses)]).to.deep.equal(['BadUserAccessDenied'])
    }))
})
