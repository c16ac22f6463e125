/**
 * The limit of the benchmark `jobs`: a stock node-opcua server with one method, which writes a row in each of so many transactions, one
 * after the other and each on the disk before the next, and then answers.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DataType,
  type ISessionContext,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  StatusCodes,
  type Variant,
} from 'node-opcua'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { answerParent } from './opcua-process.ts'

/** About what a state, its job order and its event take. */
const rowBytes = 1500

const root = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

answerParent({
  async start() {
    const database = await openDatabase({ file: join(root, 'limit.db') })
    await database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT')
    const body = new Uint8Array(rowBytes)
    const server = new OPCUAServer({
      ...{ port: 0, host: '127.0.0.1', hostname: '127.0.0.1', nodeset_filename: [nodesets.standard] },
      serverCertificateManager: new OPCUACertificateManager({
        rootFolder: join(root, 'certificates'),
        automaticallyAcceptUnknownCertificate: true,
        disableFileWatchers: true,
      }),
    })
    await server.initialize()
    const namespace = server.engine.addressSpace?.getOwnNamespace()
    if (!namespace) throw new Error('the bare server has no namespace')
    const object = namespace.addObject({ browseName: 'Unit1', nodeId: 's=unit', organizedBy: 'ObjectsFolder' })
    const method = namespace.addMethod(object, {
      browseName: 'order',
      nodeId: 's=order',
      inputArguments: [{ name: 'transactions', dataType: DataType.UInt32 }],
      outputArguments: [],
    })
    method.bindMethod(async ([transactions]: Variant[], _context: ISessionContext) => {
      for (let left = Number(transactions?.value); left > 0; left -= 1) {
        await database.transaction((sql) => sql.run('INSERT INTO rows (body) VALUES (?)', [body]))
      }
      return { statusCode: StatusCodes.Good, outputArguments: [] }
    })
    await server.start()
    return server.endpoints[0]?.port ?? 0
  },
})
