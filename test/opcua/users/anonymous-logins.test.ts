import { expect } from 'chai'
import { ActivateSessionRequest, AnonymousIdentityToken, CreateSessionRequest } from 'node-opcua'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { type Bench, startBench } from '../bench.ts'

describe('a login without a name', () => {
  let bench: Bench

  before(async () => {
    // Whatever is refused like a wrong password would never be answered.
    const refused = () => new Promise<void>(() => undefined)
    bench = await startBench({ users: { check: async () => false, rolesOf: () => [], refused } })
  })
  after(() => bench.stop())

  const opened = async (): Promise<RawClient> => {
    const client = await RawClient.connect(bench.server.port)
    await client.hello()
    await client.open()
    const request = new CreateSessionRequest({
      ...{
        endpointUrl: `opc.tcp://127.0.0.1:${bench.server.port}`,
        requestedSessionTimeout: 60_000,
        sessionName: 'raw',
      },
    })
    client.authenticationToken = (await client.request(request)).authenticationToken
    return client
  }
  const activate = (client: RawClient, policyId: string): Promise<string> =>
    client
      .request(new ActivateSessionRequest({ userIdentityToken: new AnonymousIdentityToken({ policyId }) }))
      .then(statusOf)

  it('by a policy that is not offered is told so at once, since nothing is guessed', async () => {
    const client = await opened()
    for (let count = 0; count < 9; count += 1) {
      expect(await activate(client, 'no policy')).to.equal('BadIdentityTokenInvalid')
    }
    await client.destroy()
  })

  it('ends its channel when it is refused ten times in a row', async () => {
    const client = await opened()
    for (let count = 0; count < 10; count += 1) {
      expect(await activate(client, 'no policy')).to.equal('BadIdentityTokenInvalid')
    }
    await client.closed
    const other = await RawClient.session(bench.server.port)
    await other.destroy()
  })
})
