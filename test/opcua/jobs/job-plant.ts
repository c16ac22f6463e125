import { HandMadePlant } from '../hand-made-plant.ts'
import { ListedJobs } from './listed-jobs.ts'

/** Path of the work unit that has the pipelines `fill` and `watch`. */
export const filler = 'Acme/Berlin/Line1/Filler'

/** Path of the line, which has the pipeline `idle`. */
export const line = 'Acme/Berlin/Line1'

/** The hand-made plant with job orders. */
export class JobPlant extends HandMadePlant {
  readonly jobs = new ListedJobs()

  constructor() {
    super()
    this.jobs.tell = (event) => this.happen(event)
  }
}
