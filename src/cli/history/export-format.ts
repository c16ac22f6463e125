import { UsageError } from '../exit-code.ts'

/** The forms in which history is written. */
export const exportFormats = ['csv', 'parquet'] as const

/** A form in which history is written. */
export type ExportFormat = (typeof exportFormats)[number]

/** The form that was asked for: by name, else by the ending of the file, else CSV. Parquet needs a file. */
export function formatOf(asked: ExportFormat | undefined, output: string | undefined): ExportFormat {
  const format = asked ?? (output?.toLowerCase().endsWith('.parquet') ? 'parquet' : 'csv')
  if (format === 'parquet' && output === undefined) {
    throw new UsageError('parquet cannot be written to standard output; name a file with --output')
  }
  return format
}
