import type { Finding } from '../model/finding.ts'
import { fileOf, type PlantFiles } from './source-file.ts'

/**
 * Turns the paths of findings into lines and columns, and puts the findings into the order of files and places.
 *
 * A path that does not exist in its file points at the nearest ancestor that does. The same finding is told once.
 */
export function locate(findings: readonly Finding[], files: PlantFiles): Finding[] {
  const order = new Map(files.files.map(({ file }, index) => [file, index]))
  const rank = (file: string) => order.get(file) ?? order.size
  const located = findings.map((finding) => {
    if (finding.line !== undefined) return finding
    const position = fileOf(files, finding.file)?.positionOf(finding.path, finding.atKey) ?? { line: 1, column: 1 }
    return { ...finding, ...position }
  })
  const byPlace = (a: Finding, b: Finding) =>
    rank(a.file) - rank(b.file) ||
    compare(a.file, b.file) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    compare(a.code, b.code) ||
    compare(a.message, b.message)
  const told = new Set<string>()
  return located.sort(byPlace).filter(({ file, line, column, code, message }) => {
    const key = JSON.stringify([file, line, column, code, message])
    return !told.has(key) && Boolean(told.add(key))
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
