import type { Role } from '../../model/role.ts'

/** Who may log in. What is optional is not offered when it is absent: certificates, delays. */
export interface UserDirectory {
  /**
   * Tells whether the password is the user's. Unknown users take as long as known ones, and wrong passwords from one address
   * take longer each time.
   */
  check(user: string, password: string, address?: string): Promise<boolean>
  /** Roles of a user that has logged in; the same list as long as they are the same. */
  rolesOf(user: string): readonly Role[]
  /** Takes as long as a wrong password does: for whatever else a login is refused for. */
  refused?(user: string, address: string): Promise<void>
  /** The user whose certificate has this SHA-1 thumbprint, in lower-case hexadecimal. */
  userOfCertificate?(thumbprint: string): string | undefined
  /** Whether a user may do nothing but change the password. */
  mustChangePassword?(user: string): boolean
  /** Calls back at each change of a user, until what it returns is called. */
  onChange?(listener: (user: string, isRestricted: boolean) => void): () => void
}
