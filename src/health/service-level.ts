/** What makes the service of the whole server worse, if anything does; an empty text is not the case. */
export interface Troubles {
  /** Why history is not kept. */
  readonly history: string
  /** Why the state of the plant (runs, parameters, alarms) is not kept. */
  readonly state: string
  /** What there is too little of, so that new clients are refused. */
  readonly resources: string
  /** The plant is being stopped. */
  readonly isStopping: boolean
}

/** How well the server serves, and why not better. */
export interface ServiceLevel {
  /** From 0 to 255. */
  readonly level: number
  /** Empty when the level is the highest. */
  readonly reason: string
}

/** Sub-ranges of the ServiceLevel (Part 4 §6.6.2.4.2): 0 maintenance, 1 no data, 2 to 199 degraded, 200 to 255 healthy. */
const levels = { maintenance: 0, resources: 100, kept: 150, healthy: 255 } as const

/**
 * The ServiceLevel of the server by what troubles it.
 *
 * A device that is away is no trouble of the server: its values and its alarm say so (information-model 5.9, rule 8). What a
 * client would lose by choosing this server is: history and state that are not kept, or no room for it.
 */
export function serviceLevelOf({ history, state, resources, isStopping }: Troubles): ServiceLevel {
  if (isStopping) return { level: levels.maintenance, reason: 'the plant is being stopped' }
  const kept = [history, state].filter((each) => each !== '')
  const reason = [resources, ...kept].filter((each) => each !== '').join('; ')
  if (resources !== '') return { level: levels.resources, reason }
  return kept.length > 0 ? { level: levels.kept, reason } : { level: levels.healthy, reason: '' }
}
