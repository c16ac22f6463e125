import type { JobState } from '../../model/job.ts'
import type { ClientOptions } from '../client/options.ts'

/** Options of every command about job orders. */
export interface JobOptions extends ClientOptions {
  readonly unit?: string
  readonly json?: boolean
}

/** Options of listings. */
export interface ListOptions extends JobOptions {
  readonly state?: readonly JobState[]
}

/** Options of what changes a job order. */
export interface OrderOptions extends JobOptions {
  readonly id?: string
  readonly pipeline?: string
  readonly start?: boolean
  readonly set?: readonly string[]
  readonly priority?: number
  readonly startTime?: string
  readonly endTime?: string
  readonly description?: string
  readonly comment?: string
}
