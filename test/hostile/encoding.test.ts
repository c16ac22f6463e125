import { expect } from 'chai'
import {
  ActivateSessionRequest,
  AnonymousIdentityToken,
  AttributeIds,
  BrowseRequest,
  CreateSessionRequest,
  ReadRequest,
  TranslateBrowsePathsToNodeIdsRequest,
  UserNameIdentityToken,
} from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, endOf, startArena } from './arena.ts'
import { instances } from './plant-files.ts'
import { callOf, nestings, strangeTexts, writeOf } from './raw-values.ts'

const setpoint = `${instances};s=dev/boiler1.setpoint`
const move = {
  objectId: `${instances};s=dev/servo1.MethodSet`,
  methodId: `${instances};s=dev/servo1.MethodSet.moveAbsolute`,
}

describe('hostile: encoding', function () {
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

  it('takes a sound value by the same way', async () => {
    const client = await arena.session()
    const fifty = Buffer.concat([Buffer.from([11]), Buffer.from('0000000000004940', 'hex')])
    expect(statusOf(await client.requestBytes(writeOf(client, setpoint, fifty)))).to.equal('Good')
    expect(statusOf(await client.requestBytes(callOf(client, move, fifty)))).not.to.match(/NodeId|Method/)
    await client.destroy()
  })

  it('refuses values that are nested without end, in Write and Call, and keeps its memory', () =>
    arena.suffer(async () => {
      for (const depth of [101, 20_000, 100_000]) {
        for (const [kind, bytes] of Object.entries(nestings(depth))) {
          await refused(`write ${kind} ${depth}`, (client) => writeOf(client, setpoint, bytes))
          await refused(`call ${kind} ${depth}`, (client) => callOf(client, move, bytes))
        }
      }
    }))

  it('refuses, or takes as they are, strange texts in every text of a request, and writes none of them to its log', () =>
    arena.suffer(async () => {
      for (const [what, bytes] of Object.entries(strangeTexts)) {
        const text = 'text-of-13-xx'
        const { session, read, path, browse, login } = requestsWith(text)
        for (const request of [read, path, browse]) await sendWith(request, { text, bytes, what })
        for (const request of [session]) await sendWith(request, { text, bytes, what, isLoggedIn: false })
        await sendWith(login, { text, bytes, what })
      }
      expect(arena.plant.log()).not.to.include('forged')
      expect(arena.plant.log()).not.to.include('\\u001b[31m')
    }))

  async function sendWith(
    request: object,
    { text, bytes, isLoggedIn = true }: { text: string; bytes: Buffer; what: string; isLoggedIn?: boolean },
  ): Promise<void> {
    const client = isLoggedIn ? await arena.session() : await arena.raw()
    if (!isLoggedIn) {
      await client.hello()
      await client.open()
    }
    await endOf(client, client.requestBytes(replacedText(client.encode(request), text, bytes)))
    await client.destroy()
  }
})

/** Requests with the same text wherever one may stand. */
function requestsWith(text: string) {
  const nodeId = `${instances};s=${text}`
  return {
    session: new CreateSessionRequest({
      ...{ sessionName: text, endpointUrl: text, serverUri: text },
      clientDescription: {
        applicationUri: text,
        productUri: text,
        applicationName: { text, locale: text },
        discoveryUrls: [text],
      },
    }),
    read: new ReadRequest({
      nodesToRead: [{ nodeId, attributeId: AttributeIds.Value, dataEncoding: { name: text, namespaceIndex: 0 } }],
    }),
    browse: new BrowseRequest({ nodesToBrowse: [{ nodeId }] }),
    path: new TranslateBrowsePathsToNodeIdsRequest({
      browsePaths: [
        { startingNode: 'i=85', relativePath: { elements: [{ targetName: { name: text, namespaceIndex: 1 } }] } },
      ],
    }),
    login: new ActivateSessionRequest({
      localeIds: [text],
      userIdentityToken: new UserNameIdentityToken({ userName: text, policyId: text, encryptionAlgorithm: text }),
    }),
    anonymous: new ActivateSessionRequest({ userIdentityToken: new AnonymousIdentityToken({ policyId: text }) }),
  }
}

/** A body with other bytes, and their length, wherever a text stands. */
function replacedText(body: Buffer, text: string, bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let rest = body
  for (let at = rest.indexOf(text); at >= 0; at = rest.indexOf(text)) {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(rest.subarray(0, at - 4), length, bytes)
    rest = rest.subarray(at + text.length)
  }
  return Buffer.concat([...parts, rest])
}
