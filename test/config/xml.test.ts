import { expect } from 'chai'
import fc from 'fast-check'
import { XmlDocument, XmlLibError } from 'libxml2-wasm'
import { readXml } from '../../src/config/xml.ts'
import { nodesetText } from './nodeset-text.ts'

/** What a reader is told, as lines. */
function told(text: string): string[] {
  const lines: string[] = []
  const fault = readXml(text, {
    open: (name, attributes) => lines.push([`<${name}`, ...[...attributes].map(([k, v]) => `${k}=${v}`)].join(' ')),
    text: (words) => words.trim() && lines.push(words.trim()),
    close: (name) => lines.push(`/${name}`),
  })
  return fault ? [...lines, `${fault.offset}: ${fault.message}`] : lines
}

const faults: readonly (readonly [what: string, text: string, says: string])[] = [
  ['nothing', '', '0: there is no element'],
  ['a document type declaration', '<!DOCTYPE a SYSTEM "file:///x"><a/>', '0: it has a document type declaration'],
  ['an entity that nobody declared', '<a>&x;</a>', '3: the entity &x; is not declared'],
  ['an ampersand alone', '<a b="1 & 2"/>', '8: the entity & is not declared'],
  ['a character that does not exist', '<a>&#0;</a>', '3: the entity &#0; is not declared'],
  ['a NUL', '<a>\0</a>', '3: it holds a character'],
  ['an element that is left open', '<a><b></b>', '10: the element a is not closed'],
  ['end tags that cross', '<a><b></a></b>', '6: the end tag a closes nothing: b is open'],
  ['an end tag too many', '<a/></a>', '4: the end tag a closes nothing: there is none to close'],
  ['a second root', '<a/><b/>', '4: there is a second root element'],
  ['text outside', '<a/>x', '4: there is text outside of the root element'],
  ['CDATA outside', '<a/><![CDATA[x]]>', '4: there is text outside of the root element'],
  ['an attribute that stands twice', '<a b="1" b="2"/>', '8: the attribute b of a stands twice'],
  ['an attribute without quotes', '<a b=1/>', '2: the tag a is not closed'],
  ['a comment that is left open', '<a><!-- </a>', '3: the comment is not closed'],
  ['an instruction that is left open', '<a><?x </a>', '3: the processing instruction is not closed'],
  ['CDATA that is left open', '<a><![CDATA[ </a>', '3: the CDATA section is not closed'],
  ['a < that begins nothing', '<a>1 < 2</a>', '5: a < is not followed by the name of an element'],
  ['a comment with --', '<a><!-- -- --></a>', '3: a comment holds --'],
  ['text with ]]>', '<a>x]]></a>', '4: text holds ]]>'],
  ['a declaration that comes late', '<a/><?xml version="1.0"?>', '4: the XML declaration is wrong'],
  ['an abyss', '<a>'.repeat(300), '768: elements are nested deeper than 256'],
]

describe('xml', () => {
  it('tells elements, attributes and text, with entities resolved and without prefixes', () => {
    const text =
      '\ufeff<?xml version="1.0"?>\n<!-- a --><u:a b="1" c=\'"\'><u:d/>&lt;x&#x41;&#66;<![CDATA[<&]]></u:a>\n'
    expect(told(text)).to.deep.equal(['<a b=1 c="', '<d', '/d', '<xAB', '<&', '/a'])
  })

  for (const [what, text, says] of faults) {
    it(`refuses ${what}`, () => {
      expect(told(text).at(-1)).to.match(new RegExp(`^${says.replace(/[.*+?^$()|[\]]/g, '\\$&')}`))
    })
  }

  it('accepts nothing that libxml2 refuses, when a NodeSet is damaged at random', () => {
    const whole = nodesetText()
    const cut = fc.record({
      at: fc.nat(whole.length),
      length: fc.nat(8),
      put: fc.constantFrom('', '<', '>', '&', '"', '</', '<x>', ' a="1"', '\u0001', ']]', '<!--', '<![CDATA['),
    })
    fc.assert(
      fc.property(cut, ({ at, length, put }) => {
        const text = whole.slice(0, at) + put + whole.slice(at + length)
        const isAccepted = readXml(text, {}) === undefined
        if (isAccepted) expect(wellFormed(text), text).to.equal(true)
      }),
      { numRuns: 400 },
    )
  })

  it('reads 8 MB in one go', () => {
    let elements = 0
    const text = `<a>${'<b c="1">&amp;</b>'.repeat(450_000)}</a>`
    expect(readXml(text, { open: () => elements++ })).to.equal(undefined)
    expect(elements).to.equal(450_001)
  })
})

function wellFormed(text: string): boolean {
  try {
    XmlDocument.fromString(text).dispose()
    return true
  } catch (error) {
    // Namespaces are none of XML 1.0: a prefix without a declaration is well-formed.
    if (error instanceof XmlLibError) return /namespace|^xmlns|encoding/i.test(error.message)
    throw error
  }
}
