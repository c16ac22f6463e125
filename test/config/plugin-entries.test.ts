import { expect } from 'chai'
import { parse } from 'yaml'
import { withPluginEntries } from '../../src/config/plugin-entries.ts'

const hash = `sha256-${'A'.repeat(43)}=`
const other = `sha256-${'B'.repeat(43)}=`

describe('entries under plugins', () => {
  it('are added at the end of a file that has none, and leave every other byte alone', () => {
    const text = "plant: acme      # never change it\n\nserver: { port:   4840 }\nodd: 'text'   # kept\n"
    const changed = withPluginEntries(text, { packages: ['@acme/drives'] })
    expect(changed).to.equal(`${text}plugins:\n  - "@acme/drives"\n`)
    expect(withPluginEntries('plant: acme', { packages: [], allow: { 'a.ts': hash } })).to.equal(
      `plant: acme\nplugins:\n  allow:\n    a.ts: ${hash}\n`,
    )
  })

  it('keep a plain list a list, with its comments, wherever it stands', () => {
    const text =
      'plant: acme\nplugins:\n  # the big ones\n  - drives   # v2\n  - pumps\n\n# what follows\nserver: {}   # as it is\n'
    const changed = withPluginEntries(text, { packages: ['drives', 'pumps', 'valves'] })
    expect(changed).to.include('# the big ones').and.include('# v2').and.include('- valves')
    expect(changed.slice(changed.indexOf('# what follows'))).to.equal('# what follows\nserver: {}   # as it is\n')
    expect(parse(changed).plugins).to.deep.equal(['drives', 'pumps', 'valves'])
  })

  it('become packages and allow with the first pin, and keep the comments of both', () => {
    const text = 'plugins: # ours\n  - drives # v2\nplant: acme # id\n'
    const pinned = withPluginEntries(text, { packages: ['drives'], allow: { drives: hash } })
    expect(parse(pinned)).to.deep.equal({ plugins: { packages: ['drives'], allow: { drives: hash } }, plant: 'acme' })
    expect(pinned).to.include('# v2').and.include('plant: acme # id')
    const noted = pinned.replace(hash, `${hash} # looked at by night`)
    const more = withPluginEntries(noted, { packages: ['drives'], allow: { drives: hash, 'a.ts': other } })
    expect(more).to.include('# looked at by night').and.include(`a.ts: ${other}`)
    const fewer = withPluginEntries(more, { packages: ['drives'], allow: { 'a.ts': other } })
    expect(parse(fewer).plugins).to.deep.equal({ packages: ['drives'], allow: { 'a.ts': other } })
  })

  it('may be written in one line, and in JSON', () => {
    const flow = withPluginEntries('plugins: [drives]\nplant: acme\n', { packages: ['drives', 'pumps'] })
    expect(flow).to.equal('plugins: [ drives, pumps ]\nplant: acme\n')
    const json = withPluginEntries('{"plant":"acme","plugins":["drives"]}', {
      packages: ['drives'],
      allow: { drives: hash },
    })
    expect(JSON.parse(json)).to.deep.equal({
      plant: 'acme',
      plugins: { packages: ['drives'], allow: { drives: hash } },
    })
  })

  it('may be empty: nothing is allowed then', () => {
    const changed = withPluginEntries('plant: acme\nplugins:\n', { packages: [], allow: {} })
    expect(parse(changed).plugins).to.deep.equal({ allow: {} })
  })

  it('keep variables of the environment as they are written', () => {
    const text = 'plant: acme\nserver:\n  port: ${PORT:-4840}\n'
    expect(withPluginEntries(text, { packages: ['drives'] })).to.include('${PORT:-4840}')
  })

  it('keep anchors that others refer to, and refuse a file in which something would be lost', () => {
    const anchored = 'plugins: &list [drives]\nother: *list\n'
    const kept = withPluginEntries(anchored, { packages: ['drives'], allow: { drives: hash } })
    expect(parse(kept).other).to.deep.equal(['drives'])
    expect(() => withPluginEntries(anchored, { packages: ['drives', 'pumps'] })).to.throw(/write them by hand/)
    expect(() => withPluginEntries('- a\n', { packages: ['drives'] })).to.throw(/not a mapping/)
  })
})
