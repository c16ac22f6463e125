import type { Logger } from 'pino'
import type { Observable } from 'rxjs'
import type { RunnablePlant } from './load-plant.ts'
import type { Clock } from './model/clock.ts'
import type { UserDirectory } from './opcua/server-options.ts'

/** What a plant needs to run. */
export interface PlantOptions {
  readonly plant: RunnablePlant
  /** TCP port of the OPC UA server; 0 picks a free one. */
  readonly port: number
  readonly certificatesFolder: string
  /** Where versions and history are kept, made when it is missing; without it versions last as long as the program, and there is no history. */
  readonly dataFolder?: string
  readonly log: Logger
  readonly clock?: Clock
  readonly environment?: NodeJS.ProcessEnv
  /** Applies changes of the plant's files as they are saved; off unless it is asked for. */
  readonly watchFiles?: boolean
  /** One value for each rejection that nobody took. */
  readonly rejections$?: Observable<unknown>
  /** Who may log in, instead of the users that are kept with the data; a test gives its own. */
  readonly users?: UserDirectory
  /** Watches the certificate folder for files that are moved by hand; on unless a test turns it off. */
  readonly watchCertificates?: boolean
}
