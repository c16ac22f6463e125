import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback whose line can be cut, silenced and mended. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Breaks every connection and refuses new ones. */
  cut(): void
  /** Passes nothing on and closes nothing: the line is dead, and nobody is told. */
  silence(): void
  /** Lets new connections through again; those that were silenced are broken. */
  mend(): void
  close(): Promise<void>
}

/** Starts a proxy on a free port in front of the port that `target` tells when somebody connects. */
export async function startTcpProxy(target: () => number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'open' | 'cut' | 'silent' = 'open'
  const server: Server = createServer((near) => {
    if (state === 'cut') {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: target(), noDelay: true })
    near.setNoDelay(true)
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (data) => {
        if (state === 'open') to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => {
        pairs.delete(pair)
        if (state !== 'silent') to.destroy()
      })
    }
  })
  const breakAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
    pairs.clear()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    get connections() {
      return pairs.size
    },
    cut() {
      state = 'cut'
      breakAll()
    },
    silence() {
      state = 'silent'
    },
    mend() {
      if (state === 'silent') breakAll()
      state = 'open'
    },
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
