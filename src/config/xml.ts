/** What a reader of XML is told; names come without their prefix. */
export interface XmlReader {
  open?(name: string, attributes: ReadonlyMap<string, string>, offset: number): void
  /** Text between tags, with its entities resolved; white space between tags too. */
  text?(text: string): void
  close?(name: string): void
}

/** Why a text is no XML that is read here. */
export interface XmlFault {
  readonly message: string
  /** Where in the text, in UTF-16 code units. */
  readonly offset: number
}

/** Elements in elements; a document that nests deeper is hostile. */
const depthMax = 256

/** Characters that XML 1.0 §2.2 does not allow. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
/** What may follow `<?xml`. */
const declaration =
  /^\s+version\s*=\s*(["'])1\.\d\1(\s+encoding\s*=\s*(["'])[\w.-]+\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*$/
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads XML 1.0 and tells what it meets, or why it is not well-formed.
 *
 * A document type declaration is refused: it is what external entities and entities that explode are declared with, and no
 * NodeSet needs one. Nothing but the text itself is ever read.
 */
export function readXml(text: string, reader: XmlReader): XmlFault | undefined {
  const character = forbidden.exec(text)
  if (character) return { message: 'it holds a character that XML does not allow', offset: character.index }
  try {
    new Scan(text, reader).run()
    return undefined
  } catch (error) {
    if (error instanceof Malformed) return { message: error.message, offset: error.offset }
    throw error
  }
}

class Malformed extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

class Scan {
  readonly #text: string
  readonly #reader: XmlReader
  readonly #open: string[] = []
  #at = 0
  #hasRoot = false

  constructor(text: string, reader: XmlReader) {
    this.#text = text
    this.#reader = reader
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('<', this.#at)
      this.#words(this.#text.slice(this.#at, next < 0 ? undefined : next))
      if (next < 0) break
      this.#at = next
      this.#markup()
    }
    const left = this.#open.at(-1)
    if (left !== undefined) throw new Malformed(`the element ${left} is not closed`, this.#text.length)
    if (!this.#hasRoot) throw new Malformed('there is no element', 0)
  }

  #markup(): void {
    if (this.#starts('<!--')) this.#comment()
    else if (this.#starts('<![CDATA[')) this.#characterData()
    else if (this.#starts('<!')) {
      throw new Malformed('it has a document type declaration, which could name external entities', this.#at)
    } else if (this.#starts('<?')) this.#instruction()
    else if (this.#starts('</')) this.#endTag()
    else this.#startTag()
  }

  #starts(what: string): boolean {
    return this.#text.startsWith(what, this.#at)
  }

  #skip(end: string, what: string): string {
    const index = this.#text.indexOf(end, this.#at + 4)
    if (index < 0) throw new Malformed(`the ${what} is not closed`, this.#at)
    const inside = this.#text.slice(this.#at, index)
    this.#at = index + end.length
    return inside
  }

  #comment(): void {
    const offset = this.#at
    const inside = this.#skip('-->', 'comment')
    if (inside.includes('--', 4) || (inside.length > 4 && inside.endsWith('-')))
      throw new Malformed('a comment holds --', offset)
  }

  /** The XML declaration looks like an instruction and stands at the very beginning. */
  #instruction(): void {
    const offset = this.#at
    const found = this.#match(/<\?([\p{L}_][\p{L}\p{N}._:-]*)((?:\s[^?]*(?:\?(?!>)[^?]*)*)?)\?>/uy)
    if (!found) throw new Malformed('the processing instruction is not closed', offset)
    const [, name = '', content = ''] = found
    if (name.toLowerCase() !== 'xml') return
    const isFirst = offset === 0 || (offset === 1 && this.#text.startsWith('\ufeff'))
    if (name !== 'xml' || !isFirst || !declaration.test(content)) {
      throw new Malformed('the XML declaration is wrong, or not at the beginning', offset)
    }
  }

  #characterData(): void {
    if (this.#open.length === 0) throw new Malformed('there is text outside of the root element', this.#at)
    // An optional call would not evaluate its arguments, and the scan would not move.
    const words = this.#skip(']]>', 'CDATA section').slice('<![CDATA['.length)
    this.#reader.text?.(words)
  }

  #words(words: string): void {
    if (words === '') return
    const end = words.indexOf(']]>')
    if (end >= 0) throw new Malformed('text holds ]]>', this.#at + end)
    const resolved = this.#resolved(words, this.#at)
    if (this.#open.length > 0) this.#reader.text?.(resolved)
    else if (words.replace(/^\ufeff/, '').trim() !== '') {
      throw new Malformed('there is text outside of the root element', this.#at)
    }
  }

  #startTag(): void {
    const offset = this.#at
    const name = this.#match(/<([\p{L}_][\p{L}\p{N}._:-]*)/uy)?.[1]
    if (name === undefined) throw new Malformed('a < is not followed by the name of an element', offset)
    if (this.#hasRoot && this.#open.length === 0) throw new Malformed('there is a second root element', offset)
    if (this.#open.length >= depthMax) throw new Malformed(`elements are nested deeper than ${depthMax}`, offset)
    this.#hasRoot = true
    const attributes = this.#attributes(name)
    const end = this.#match(/\s*(\/?)>/y)
    if (!end) throw new Malformed(`the tag ${name} is not closed`, this.#at)
    this.#reader.open?.(localName(name), attributes, offset)
    if (end[1] === '/') this.#reader.close?.(localName(name))
    else this.#open.push(name)
  }

  #attributes(element: string): Map<string, string> {
    const attributes = new Map<string, string>()
    for (;;) {
      const start = this.#at
      const found = this.#match(/\s+([\p{L}_][\p{L}\p{N}._:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/uy)
      if (!found) return attributes
      const [, name = '', double, single = ''] = found
      if (attributes.has(name)) throw new Malformed(`the attribute ${name} of ${element} stands twice`, start)
      const value = double ?? single
      attributes.set(name, this.#resolved(value, this.#at - value.length - 1))
    }
  }

  #endTag(): void {
    const offset = this.#at
    const name = this.#match(/<\/([^\s>]+)\s*>/y)?.[1]
    const expected = this.#open.pop()
    if (name === undefined || name !== expected) {
      const wanted = expected === undefined ? 'there is none to close' : `${expected} is open`
      throw new Malformed(`the end tag ${name ?? ''} closes nothing: ${wanted}`, offset)
    }
    this.#reader.close?.(localName(name))
  }

  /** Only the five entities of XML itself and characters by number exist without a document type declaration. */
  #resolved(words: string, offset: number): string {
    if (!words.includes('&')) return words
    return words.replace(/&([^;&\s]{0,32};)?/g, (all, name: string | undefined, index: number) => {
      const key = name?.slice(0, -1) ?? ''
      const character = key.startsWith('#') ? byNumber(key.slice(1)) : Object.hasOwn(entities, key) && entities[key]
      if (typeof character !== 'string') throw new Malformed(`the entity ${all} is not declared`, offset + index)
      return character
    })
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found
  }
}

function byNumber(digits: string): string | undefined {
  const code = /^x[0-9a-f]{1,6}$/i.test(digits)
    ? Number.parseInt(digits.slice(1), 16)
    : /^\d{1,7}$/.test(digits)
      ? Number(digits)
      : Number.NaN
  if (!(code > 0 && code <= 0x10_ffff)) return undefined
  const character = String.fromCodePoint(code)
  return forbidden.test(character) ? undefined : character
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
