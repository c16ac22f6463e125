import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
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
