/**
 * Roles that a user may hold (Part 3 §4.9.2, Part 18 §4.2). Each of the first five may do what the ones before it may;
 * SecurityAdmin is apart: it says who the others are, and does nothing to the plant.
 */
export const roles = ['Observer', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin', 'SecurityAdmin'] as const

/** A role that a user may hold. */
export type Role = (typeof roles)[number]

/** Tells whether a text is the name of a role. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text)
}

/** Roles of which a server keeps a place free: whoever holds one can mend what is wrong. */
export const administrators: readonly Role[] = ['ConfigureAdmin', 'SecurityAdmin']
