import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from './modbus-kit.ts'

/** Whether pairs of serial ports can be made on this machine; says so when they cannot. */
export function canMakePairs(): boolean {
  if (spawnSync('socat', ['-V']).status === 0) return true
  console.log('      socat is missing: install it (apt-get install socat) to test serial ports')
  return false
}

/** Two serial ports that are joined, as socat makes them. */
export async function ptyPair() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pty-'))
  const [near, far] = [join(folder, 'near'), join(folder, 'far')]
  const socat = spawn('socat', [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`], { stdio: 'ignore' })
  const isThere = () => existsSync(near) && existsSync(far)
  for (let attempt = 0; attempt < 100 && !isThere(); attempt++) await sleep(20)
  return {
    near,
    far,
    async stop() {
      const gone = new Promise((resolve) => socat.once('exit', resolve))
      socat.kill()
      await gone
      rmSync(folder, { recursive: true })
    },
  }
}

/** A serial server behind which a device answers commands that end with a carriage return. */
export async function lineServer(answer: (command: string, send: (text: string) => void) => void) {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r'); end >= 0; end = text.indexOf('\r')) {
        answer(text.slice(0, end), (reply) => socket.write(reply, 'latin1'))
        text = text.slice(end + 1)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    others: { transport: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port, responseTimeout: 100 },
    send: (bytes: string | Buffer) => {
      for (const socket of sockets) socket.write(bytes)
    },
    hangUp: () => {
      for (const socket of sockets) socket.destroy()
    },
    async connection() {
      while (sockets.size === 0) await sleep(2)
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Messages and writes of a scale. */
export const scale = {
  messages: [
    {
      ask: 'S\\r',
      pattern: '^S (?<stable>[SD]) +(?<weight>-? *[0-9.,]+|OVER) kg$',
      fields: [
        { name: 'weight', unit: 'kg', min: 0, max: 60 },
        { name: 'stable', type: 'boolean', trueText: 'S' },
      ],
    },
    { ask: 'I\\r', every: 1000, pattern: '^I "(?<serial>.*)"$', fields: [{ name: 'serial', type: 'text' }] },
  ],
  writes: [
    { name: 'limit', min: 0, max: 60, command: 'SP {value:%.1f}\\r', acknowledge: '^SP A$', refuse: '^SP L$' },
    { name: 'beep', type: 'boolean', command: 'B{value}\\r' },
  ],
}
