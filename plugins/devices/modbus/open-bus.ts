import { type LineAddress, characterMs as ofCharacter } from '../line/address.ts'
import { openLine } from '../line/line.ts'
import { systemTime, type Time } from '../line/time.ts'
import { Bus, type Units } from './bus.ts'
import { RtuFraming, TcpFraming } from './framing.ts'

/** A bus to open. */
export interface BusPlan {
  readonly address: LineAddress
  readonly isTcp: boolean
  readonly frameGapMs: number
  readonly time?: Time
}

/** Opens the line of a bus. */
export async function openBus(plan: BusPlan, signal: AbortSignal, units: Units): Promise<Bus> {
  const { address, isTcp, frameGapMs, time = systemTime } = plan
  const line = await openLine(address, signal)
  return new Bus({
    ...{ line, time, frameGapMs, units },
    framing: isTcp ? new TcpFraming() : new RtuFraming(),
    hasTransactions: isTcp,
    characterMs: address.kind === 'serial' ? ofCharacter(address) : 0,
  })
}
