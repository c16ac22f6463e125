import type { Logger } from 'pino'
import type { DurableState } from './durable-state.ts'
import type { Clock } from './model/clock.ts'
import { messageOf } from './model/errors.ts'
import { passwordLength } from './users/user.ts'
import { type FirstLogin, Users } from './users/users.ts'

/** Reads who may log in; a database that fails meanwhile is closed again. */
export async function usersOf(state: DurableState, clock: Clock): Promise<Users> {
  try {
    return await Users.open(state.users, clock)
  } catch (error) {
    await state.close()
    throw error
  }
}

/** Makes an administrator where there is no user. The secret is returned, and stands nowhere else. */
export async function firstOf(users: Users | undefined, log: Logger): Promise<FirstLogin | undefined> {
  try {
    return await users?.createFirst()
  } catch (error) {
    log.error(`the first administrator cannot be kept: ${messageOf(error)}; the next start tries again`)
    return undefined
  }
}

/** What the server needs to let users in, and to let them be administered. */
export function usersShown(users: Users | undefined) {
  return users ? { users, administration: users, passwordLength } : {}
}
