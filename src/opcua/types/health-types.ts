import { addDataVariable } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** Adds `ServerHealthType`: how the server as a whole is, and what it takes of the machine. */
export function addHealthType({ namespace }: TypeContext): void {
  const type = namespace.addObjectType({
    browseName: 'ServerHealthType',
    description: 'How the server as a whole is. Counters begin with the program.',
  })
  const add = (name: string, dataType: string, description: string): void =>
    addDataVariable(namespace, type, { name, dataType, description })
  add('ServiceLevel', 'Byte', 'How well the server serves, from 0 to 255.')
  add('Reason', 'LocalizedText', 'Why it does not serve better, and what to do; empty when nothing is wrong.')
  add('BlockedCount', 'UInt32', 'Times that everything has waited for over 200 ms, not because of a step.')
  add('LongestBlock', 'Duration', 'The longest of these times, in milliseconds.')
  add('ClockJumpCount', 'UInt32', 'Jumps of the wall clock by more than a second.')
  add('LastClockJump', 'Duration', 'The last of these jumps, in milliseconds; negative when the clock was put back.')
  add('UnhandledRejectionCount', 'UInt32', 'Errors of the program that nobody took care of.')
  add('HandleCount', 'UInt32', 'Files and sockets that are open.')
  add('HandleLimit', 'UInt32', 'Files and sockets that may be open.')
  add('HeapUsed', 'Double', 'Bytes in use of the memory for values.')
  add('HeapLimit', 'Double', 'Bytes that this memory may grow to.')
  add('MemoryUsed', 'Double', 'Bytes of memory in all.')
}
