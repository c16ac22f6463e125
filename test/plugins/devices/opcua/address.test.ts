import { expect } from 'chai'
import fc from 'fast-check'
import { parseAddress } from '../../../../plugins/devices/opcua/address.ts'

const node = (namespace: number | string, identifier: string) => ({ kind: 'node', namespace, identifier })
const step = (namespace: number | string, name: string, by = 'hierarchy') => ({ namespace, name, by })

describe('addresses of OPC UA nodes', () => {
  const nodes: [string, object][] = [
    ['i=2258', node(0, 'i=2258')],
    ['ns=2;s=Boiler.Level', node(2, 's=Boiler.Level')],
    ['ns=3;s="DB_1"."Level";s=2', node(3, 's="DB_1"."Level";s=2')],
    ['ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63', node(1, 'g=72962B91-FA75-4AE6-8D28-B404DC7DAF63')],
    ['ns=1;b=M/RbKBsRVkePCePcx24oRA==', node(1, 'b=M/RbKBsRVkePCePcx24oRA==')],
    ['nsu=urn:acme:plc;s=Level', node('urn:acme:plc', 's=Level')],
    ['nsu=http://acme.com/UA/;i=7', node('http://acme.com/UA/', 'i=7')],
    // Part 6 §5.3.1.10: `;` and `%` of the URI are written as %3B and %25.
    ['nsu=urn:a%3Bb%253B;i=7', node('urn:a;b%3B', 'i=7')],
  ]
  for (const [text, address] of nodes) {
    it(`reads the NodeId ${text}`, () => expect(parseAddress(text)).to.deep.equal(address))
  }

  const paths: [string, object[]][] = [
    ['/Objects/2:Boiler/2:Level', [step(0, 'Objects'), step(2, 'Boiler'), step(2, 'Level')]],
    ['/Objects/2:Boiler.2:Level', [step(0, 'Objects'), step(2, 'Boiler'), step(2, 'Level', 'aggregation')]],
    ['/Objects/2:Boiler&.1', [step(0, 'Objects'), step(2, 'Boiler.1')]],
    ['/Objects/2:50&/50 && more', [step(0, 'Objects'), step(2, '50/50 & more')]],
    [
      '/Objects/nsu=http://acme.com/UA/;Boiler/2:x',
      [step(0, 'Objects'), step('http://acme.com/UA/', 'Boiler'), step(2, 'x')],
    ],
    ['/Objects/2:with 2:colon', [step(0, 'Objects'), step(2, 'with 2:colon')]],
  ]
  for (const [text, steps] of paths) {
    it(`reads the path ${text}`, () => expect(parseAddress(text)).to.deep.equal({ kind: 'path', steps }))
  }

  const wrong: [string, RegExp][] = [
    ['Boiler.Level', /neither a NodeId/],
    ['', /neither a NodeId/],
    ['ns=2;s=', /neither a NodeId/],
    ['ns=70000;s=a', /index above 65535/],
    ['ns=1;i=4294967296', /no UInt32/],
    ['ns=1;i=-1', /no UInt32/],
    ['ns=1;g=72962B91', /no GUID/],
    ['ns=1;b=***', /not base64/],
    ['svr=1;ns=2;s=a', /neither a NodeId/],
    ['/', /empty name/],
    ['/Objects//2:a', /empty name/],
    ['/Objects/2:', /empty name/],
    ['/Objects/<0:HasChild>2:a', /one of < >/],
  ]
  for (const [text, complaint] of wrong) {
    it(`says what is wrong with '${text}'`, () => {
      const address = parseAddress(text)
      expect('complaint' in address && address.complaint).to.match(complaint)
    })
  }

  it('reads whatever name a path can be written with', () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(names, (given) => {
        const text = given.map((name) => `/7:${name.replace(/[/.<>:#!&]/g, '&$&')}`).join('')
        expect(parseAddress(text)).to.deep.equal({ kind: 'path', steps: given.map((name) => step(7, name)) })
      }),
      { numRuns: 50 },
    )
  })
})
