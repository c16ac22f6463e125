import { styleText } from 'node:util'
import type { Finding } from '../model/finding.ts'
import type { PlantFiles } from './source-file.ts'

const widthMax = 120

/**
 * Findings as text for people: `file:line:column code message`, the line itself with a caret, and the remedy.
 *
 * The first line of each is what editors and terminals turn into a link.
 */
export function formatFindings(
  findings: readonly Finding[],
  files: PlantFiles,
  options: { readonly color?: boolean } = {},
): string {
  const paint: Paint = options.color
    ? (format, text) => styleText(format, text, { validateStream: false })
    : (_, text) => text
  const lines = new Map(files.files.map(({ file, text }) => [file, text.split('\n')]))
  return findings.map((finding) => formatFinding(finding, lines.get(finding.file), paint)).join('\n')
}

type Paint = (format: 'red' | 'yellow' | 'bold' | 'dim' | 'cyan', text: string) => string

function formatFinding(finding: Finding, lines: readonly string[] | undefined, paint: Paint): string {
  const { file, line = 1, column = 1, code, severity, message, remedy } = finding
  const color = severity === 'error' ? 'red' : 'yellow'
  const kind = severity === 'warning' ? `${code} (warning)` : code
  const head = `${paint('bold', `${file}:${line}:${column}`)} ${paint(color, kind)} ${printable(message)}`
  const text = lines?.[line - 1]?.replace(/\r$/, '')
  const excerpt = text === undefined || text.trim() === '' ? [] : excerptOf(text, line, column, paint, color)
  return [head, ...excerpt, `    ${paint('cyan', 'remedy:')} ${printable(remedy)}`, ''].join('\n')
}

/** A long line is cut around the column, so that the caret stays in sight. */
function excerptOf(text: string, line: number, column: number, paint: Paint, color: 'red' | 'yellow'): string[] {
  const start = Math.max(0, Math.min(column - 1 - widthMax / 2, text.length - widthMax))
  const shown = printable(text.slice(start, start + widthMax))
  const gutter = `    ${line} | `
  const caret = ' '.repeat(gutter.length + column - 1 - start)
  return [`${paint('dim', gutter)}${shown}`, `${caret}${paint(color, '^')}`]
}

/** Control characters of a hostile file must not reach the terminal; each becomes one visible character. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\t' ? ' ' : '·',
  )
}
