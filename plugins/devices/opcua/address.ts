/** A namespace as it is written: an index, or a URI whose index is looked up at each connect. */
export type Namespace = number | string

/** One step of a browse path: the browse name of the next node, and the kind of reference that leads to it. */
export interface PathStep {
  readonly namespace: Namespace
  readonly name: string
  readonly by: 'hierarchy' | 'aggregation'
}

/** Where a node is: its NodeId, or a browse path from the Root folder. */
export type Address =
  | { readonly kind: 'node'; readonly namespace: Namespace; readonly identifier: string }
  | { readonly kind: 'path'; readonly steps: readonly PathStep[] }

const nodePattern = /^(?:ns=(\d{1,5});|nsu=([^;]+);)?([isgb])=([\s\S]+)$/
const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Reads the address of a node, or says what is wrong with it, to be read after the text.
 *
 * A NodeId has the text form of Part 6 §5.3.1.10 (`ns=2;s=Boiler`, `nsu=urn:acme:plc;i=7`), a path that of Part 4 Annex A.2:
 * `/` follows hierarchical references, `.` aggregates, `&` takes the special meaning from the next character. A name may carry
 * its namespace as `2:Boiler` or `nsu=urn:acme:plc;Boiler`.
 */
export function parseAddress(text: string): Address | { readonly complaint: string } {
  return text.startsWith('/') ? parsePath(text) : parseNodeId(text)
}

function parseNodeId(text: string): Address | { readonly complaint: string } {
  const [, index, uri, kind, identifier = ''] = nodePattern.exec(text) ?? []
  if (kind === undefined) {
    return { complaint: 'is neither a NodeId (ns=2;s=Boiler.Level) nor a path (/Objects/2:Boiler/2:Level)' }
  }
  const complaint = complaintAbout(kind, identifier) ?? (Number(index) > 65535 ? 'has an index above 65535' : undefined)
  if (complaint !== undefined) return { complaint }
  return {
    kind: 'node',
    namespace: uri === undefined ? Number(index ?? 0) : unescaped(uri),
    identifier: `${kind}=${identifier}`,
  }
}

function complaintAbout(kind: string, identifier: string): string | undefined {
  switch (kind) {
    case 'i':
      return /^\d{1,10}$/.test(identifier) && Number(identifier) <= 0xffffffff
        ? undefined
        : 'has a numeric identifier that is no UInt32'
    case 'g':
      return guidPattern.test(identifier) ? undefined : 'has an identifier that is no GUID'
    case 'b':
      return base64Pattern.test(identifier) ? undefined : 'has an identifier that is not base64'
    default:
      return undefined
  }
}

/** A URI in a NodeId writes `;` and `%` as `%3B` and `%25`. */
function unescaped(uri: string): string {
  return uri.replace(/%3b/gi, ';').replaceAll('%25', '%')
}

function parsePath(text: string): Address | { readonly complaint: string } {
  const steps: PathStep[] = []
  let at = 0
  while (at < text.length) {
    const by = text[at] === '.' ? 'aggregation' : 'hierarchy'
    const uri = /^nsu=([^;]+);/.exec(text.slice(at + 1))
    const { name, end } = nameAt(text, at + 1 + (uri?.[0].length ?? 0))
    const step = uri?.[1] === undefined ? indexed(name) : { namespace: unescaped(uri[1]), name: plain(name) }
    if (step.name === '') return { complaint: `has an empty name after '${text.slice(0, at + 1)}'` }
    if (/(?<!&)[<>#!]/.test(name)) return { complaint: `has one of < > # ! in '${name}'; write & before it` }
    steps.push({ ...step, by })
    at = end
  }
  return { kind: 'path', steps }
}

/** The name that begins somewhere in a path, as written, and where it ends. */
function nameAt(text: string, start: number): { readonly name: string; readonly end: number } {
  let end = start
  while (end < text.length && text[end] !== '/' && text[end] !== '.') end += text[end] === '&' ? 2 : 1
  end = Math.min(end, text.length)
  return { name: text.slice(start, end), end }
}

function indexed(name: string): Pick<PathStep, 'namespace' | 'name'> {
  const [, index, rest] = /^(\d{1,5}):([\s\S]*)$/.exec(name) ?? []
  return { namespace: Number(index ?? 0), name: plain(rest ?? name) }
}

function plain(name: string): string {
  return name.replace(/&([\s\S])/g, '$1')
}
