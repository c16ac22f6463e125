import { services, transport } from './endpoint.ts'
import { jobs } from './jobs.ts'
import { plants } from './plants.ts'
import { plugins } from './plugins.ts'
import type { Target } from './target.ts'
import { where } from './where.ts'

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [plants, plugins, where, jobs, transport, services]
