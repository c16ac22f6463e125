import { boolean, defineBlock, double } from 'millrace/plugin'
import { refresh, wakeWhile } from './shared/refresh.ts'

export default defineBlock({
  type: 'RAMP',
  description: 'Follows a value no faster than a given rate.',
  config: {
    up: double({ min: 0, description: 'Greatest rise per second.' }),
    down: double({ min: 0, optional: true, description: 'Greatest fall per second; the same as up when absent.' }),
    refresh,
  },
  inputs: { value: double({ description: 'Where it should go.' }) },
  outputs: {
    value: double({ like: 'value', description: 'Where it is.' }),
    isSettled: boolean({ description: 'Whether it has arrived.' }),
  },
  memory: () => ({ at: 0 }),

  compute({ value }, { up, down = up, refresh }, memory, moment) {
    const { elapsed, isFirst } = moment
    const distance = value - memory.at
    if (isFirst) memory.at = value
    else
      memory.at = distance > 0 ? Math.min(value, memory.at + up * elapsed) : Math.max(value, memory.at - down * elapsed)
    const isSettled = memory.at === value
    wakeWhile(!isSettled, refresh, moment)
    return { value: memory.at, isSettled }
  },
})
