import { type Document, parseDocument, type YAMLError } from 'yaml'
import type { Finding } from '../model/finding.ts'
import { DocumentPlaces } from './document-places.ts'
import type { Environment } from './environment.ts'
import { LineIndex } from './line-index.ts'
import type { SourceFile } from './source-file.ts'
import { ValueReader } from './value-reader.ts'

/** How many syntax errors are told; more of them are only echoes. */
const syntaxErrorsMax = 5

/** What came of a text: the file with its data and places, and what is wrong with its syntax. */
export interface Parsing {
  readonly source: SourceFile
  readonly findings: readonly Finding[]
}

/**
 * Parses a YAML 1.2 or JSON text into plain data. Never throws.
 *
 * `environment` is given for files whose values may name variables. Duplicate keys, several documents, tags, directives of
 * other YAML versions, control characters and exploding aliases are findings.
 */
export function parseSource(file: string, text: string, environment?: Environment): Parsing {
  const lines = new LineIndex(text)
  const control = controlCharacterOf(file, text)
  if (control) return { source: unparsed(file, text), findings: [control] }
  try {
    const document = parseDocument(text, {
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    })
    const syntax = syntaxFindings(file, document, lines)
    if (syntax.length > 0) return { source: unparsed(file, text), findings: syntax }
    const reader = new ValueReader(file, new DocumentPlaces(document, lines), environment)
    const value = reader.read(document.contents)
    const places = reader.places
    const source = { file, text, value, substituted: reader.substituted, positionOf: places.positionOf.bind(places) }
    return { source, findings: reader.findings }
  } catch (error) {
    // The parser recurses over what it reads: a text that is nested thousands of levels deep ends here.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : 'its structure cannot be understood'
    return {
      source: unparsed(file, text),
      findings: [invalid(file, `the text is not valid YAML: ${reason}`, { line: 1, column: 1 })],
    }
  }
}

function unparsed(file: string, text: string): SourceFile {
  return { file, text, value: undefined, substituted: new Map(), positionOf: () => ({ line: 1, column: 1 }) }
}

function invalid(
  file: string,
  message: string,
  at: { line: number; column: number },
  remedy = 'mend this place',
): Finding {
  return { code: 'yaml-invalid', severity: 'error', file, path: [], message, remedy, ...at }
}

function controlCharacterOf(file: string, text: string): Finding | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  const offset = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/)
  if (offset < 0) return undefined
  const code = text.charCodeAt(offset).toString(16).padStart(4, '0').toUpperCase()
  const at = new LineIndex(text).at(offset)
  return invalid(
    file,
    `the text holds the control character U+${code}`,
    at,
    'remove it, or write it as an escape in double quotes',
  )
}

function syntaxFindings(file: string, document: Document, lines: LineIndex): Finding[] {
  const { yaml } = document.directives ?? {}
  const findings =
    yaml?.explicit && yaml.version !== '1.2'
      ? [
          invalid(
            file,
            `the text asks for YAML ${yaml.version}`,
            { line: 1, column: 1 },
            'remove the %YAML line: files are read as YAML 1.2',
          ),
        ]
      : []
  const all: YAMLError[] = [...document.errors, ...document.warnings]
  const exhausted = all.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  const errors = exhausted ? [exhausted] : all.slice(0, syntaxErrorsMax)
  for (const error of errors) {
    findings.push(invalid(file, syntaxMessage(error), lines.at(error.pos[0]), syntaxRemedy(error)))
  }
  return findings
}

function syntaxMessage(error: YAMLError): string {
  switch (error.code) {
    case 'RESOURCE_EXHAUSTION':
      return 'the text is nested too deeply'
    case 'MULTIPLE_DOCS':
      return 'the file holds more than one document'
    case 'TAG_RESOLVE_FAILED':
      return `tags are not used here: ${error.message}`
    default:
      return `the text is not valid YAML: ${error.message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`
  }
}

function syntaxRemedy(error: YAMLError): string {
  switch (error.code) {
    case 'RESOURCE_EXHAUSTION':
      return 'nest less deeply'
    case 'MULTIPLE_DOCS':
      return 'keep one document per file: remove the line ---'
    case 'TAB_AS_INDENT':
      return 'indent with spaces'
    case 'TAG_RESOLVE_FAILED':
      return 'remove the tag'
    default:
      return 'mend this place; quote a text that holds : { } [ ] , # or starts with a special character'
  }
}
