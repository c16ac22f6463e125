/** Told of rows that cannot be read; they are left out, and everything else comes. */
export type OnDamage = (table: string, count: number) => void

/** Makes of each row what it stands for; those of which nothing can be made are left out and told. */
export function readable<Row, T>(
  rows: readonly Row[],
  make: (row: Row) => T,
  { table, onDamage }: { readonly table: string; readonly onDamage: OnDamage },
): readonly T[] {
  const entries: T[] = []
  for (const row of rows) {
    try {
      entries.push(make(row))
    } catch {
      // The row stays in the file for whoever wants to look at it with other tools.
    }
  }
  if (entries.length < rows.length) onDamage(table, rows.length - entries.length)
  return entries
}

/** Tells of damage once for each table and count: listings are read again and again. */
export function onceEach(tell: OnDamage): OnDamage {
  const most = new Map<string, number>()
  return (table, count) => {
    if (count <= (most.get(table) ?? 0)) return
    most.set(table, count)
    tell(table, count)
  }
}
