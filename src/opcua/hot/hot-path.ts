import { createRequire } from 'node:module'
import type { OPCUAServer } from 'node-opcua'
import { HOOKED_VERSION, installHooks, SharedHooks } from '../guard/hooks.ts'
import { callHooks } from './call.ts'
import { changeHooks } from './changes.ts'
import { harvestHooks } from './harvest.ts'
import { joinedWritesHooks } from './joined-writes.ts'
import { readHook } from './read.ts'
import { readRequestHook } from './read-request.ts'
import { sendingHooks } from './sending.ts'
import { sessionHooks, sessionLookHooks } from './sessions.ts'
import { showTokenKeys, tokenKeyHooks } from './token-keys.ts'
import { writeHooks } from './write.ts'

const shared = new SharedHooks()

/**
 * Serves the services that plants live on in our own way, with the answers that the stack would give.
 *
 * To be installed before everything that puts itself around services, such as the guard, on a server that is initialized. Throws when
 * the stack is not the version whose internals it hooks.
 */
export function installHotPath(server: OPCUAServer): () => void {
  checkVersion()
  const release = shared.hold(() => [
    ...sendingHooks(),
    ...tokenKeyHooks(),
    ...changeHooks(),
    ...harvestHooks(),
    ...sessionHooks(),
    ...joinedWritesHooks(),
    readRequestHook(),
  ])
  showTokenKeys()
  const remove = installHooks([
    readHook(server),
    ...writeHooks(server),
    ...callHooks(server),
    ...sessionLookHooks(server),
  ])
  return () => {
    remove()
    release()
    showTokenKeys()
  }
}

/** What is replaced here lies so deep that a method of the same name may do something else in another version. */
function checkVersion(): void {
  const { version } = createRequire(import.meta.url)('node-opcua/package.json') as { readonly version: string }
  if (version === HOOKED_VERSION) return
  throw new Error(
    `src/opcua/hot was made for node-opcua ${HOOKED_VERSION}, not ${version}; pin that version or adapt it`,
  )
}
