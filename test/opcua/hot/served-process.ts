/** A process that serves the arranged plant without our own quick ways. */
import type { TagSample } from '../../../src/model/sample.ts'
import { answerParent } from '../../bench/opcua-process.ts'
import { type Served, startServed } from './served.ts'

let served: Served | undefined

answerParent({
  async start({ trusted, isHot = false }: { trusted: readonly string[]; isHot?: boolean }) {
    served = await startServed({ isHot, trusted })
    const { port, certificateFile, nodeIds } = served
    return { port, certificateFile, nodeIds }
  },
  /** Lets samples flow that JSON can carry. */
  emit: (batch: TagSample[]) => served?.plant.emit(...batch),
  /** Lets samples flow, and gives a tag another upper limit before anybody has been told of them. */
  emitAndMean({ batch, tag, high }: { batch: TagSample[]; tag: string; high: number }) {
    served?.plant.emit(...batch)
    served?.mean(tag, high)
  },
  refresh: () => served?.refresh(),
  writeStatus(status: number) {
    if (served) served.plant.writeStatus = status
  },
  asked: () => served?.plant.asked.splice(0),
  stop: () => served?.stop(),
})
