import { createHash } from 'node:crypto'

/** A short text that differs when what it stands for differs: the version of a definition that nobody numbers by hand. */
export function fingerprintOf(definition: unknown): string {
  const text = JSON.stringify(definition, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
