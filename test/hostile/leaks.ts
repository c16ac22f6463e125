/** What must stand neither in the log nor in an answer: stacks, paths of the machine, tokens, passwords. */
const leaks: readonly (readonly [string, RegExp])[] = [
  ['a stack', /\n\s+at |\\n\s+at |"stack"/],
  ['a path', /node_modules|\/src\/[\w-]+\/|file:\/\/\/|\/(?:work|home|root|usr)\/[\w.-]+\/[\w.-]+/],
  ['a token', /authenticationToken|ns=\d+;[bg]=[0-9a-zA-Z+/-]{8}/],
  ['a password', /hunter2|password['"]?\s*[:=]\s*['"]?(?!\(hidden\)|\[redacted\])\S/i],
]

/** The secret that tests give wherever a password is asked for; it must never be seen again. */
export const testPassword = 'hunter2-very-secret'

/** What leaks in a text, each with the place around it. */
export function findLeaks(text: string): readonly string[] {
  return leaks.flatMap(([what, pattern]) => {
    const match = pattern.exec(text)
    if (!match) return []
    const around = text.slice(Math.max(0, match.index - 80), match.index + 120)
    return [`${what}: ${around.replaceAll(/[^\x20-\x7e]/g, '.')}`]
  })
}
