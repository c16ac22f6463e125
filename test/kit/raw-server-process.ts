/** Starts a server in a process of its own, `bare` or guarded, says its port, and tells of its end by its exit code. */
import { startRawServer } from './raw-server.ts'

const { port } = await startRawServer({ isBare: process.argv[2] === 'bare' })
process.stdout.write(`port ${port}\n`)
