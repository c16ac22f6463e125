import { didYouMean } from '../../model/did-you-mean.ts'
import { MillraceError } from '../../model/errors.ts'

/** Which tags were asked for: names as they are, and patterns in which `*` stands for any characters. */
export class TagSelection {
  readonly #patterns: readonly string[]
  readonly #names: ReadonlySet<string>
  readonly #globs: readonly RegExp[]

  /** No pattern at all asks for every tag. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
    this.#names = new Set(patterns.filter((pattern) => !pattern.includes('*')))
    this.#globs = patterns.filter((pattern) => pattern.includes('*')).map(expressionOf)
  }

  /** Tells whether a tag was asked for. */
  has(tag: string): boolean {
    if (this.#patterns.length === 0 || this.#names.has(tag)) return true
    return this.#globs.some((glob) => glob.test(tag))
  }

  /** The tags that were asked for, of all there are; throws `tag-unknown` when a name or pattern fits none. */
  of(tags: readonly string[]): readonly string[] {
    for (const pattern of this.#patterns) {
      const glob = pattern.includes('*') ? expressionOf(pattern) : undefined
      if (tags.some((tag) => (glob ? glob.test(tag) : tag === pattern))) continue
      const meant = glob ? undefined : didYouMean(pattern, tags)
      const hint = meant ? `did you mean ${meant}?` : '`millrace history list` tells which there are'
      throw new MillraceError('tag-unknown', `no tag ${glob ? 'fits' : 'is called'} ${pattern}; ${hint}`)
    }
    return tags.filter((tag) => this.has(tag))
  }
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
