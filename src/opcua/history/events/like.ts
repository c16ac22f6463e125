/** One place of a pattern: any number of characters, or one character that fits. */
type Place = '%' | ((character: string) => boolean)

/**
 * Makes a test of a pattern of the operator Like (Part 4 §7.7.3, Table 118): `%` is any number of characters, `_` one, `[abc]` and
 * `[a-c]` one of these, `[^abc]` one of the others, and `\` takes the next character as it is.
 *
 * It never tries more than the length of the text times that of the pattern, whatever a client thinks of.
 */
export function likeOf(pattern: string): (text: string) => boolean {
  const places = placesOf([...pattern])
  return (text) => matches(places, [...text])
}

function matches(places: readonly Place[], text: readonly string[]): boolean {
  let [at, place] = [0, 0]
  // Where to go on when it does not fit: the last `%` takes one character more. An earlier one need never be tried again.
  let [wildcard, taken] = [-1, 0]
  while (at < text.length) {
    const wanted = places[place]
    if (wanted === '%') {
      wildcard = place++
      taken = at
    } else if (wanted?.(text[at] as string)) {
      at++
      place++
    } else if (wildcard >= 0) {
      place = wildcard + 1
      at = ++taken
    } else return false
  }
  while (places[place] === '%') place++
  return place === places.length
}

function placesOf(pattern: readonly string[]): Place[] {
  const places: Place[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string
    const end = character === '[' ? pattern.indexOf(']', at + 1) : -1
    if (character === '%') places.push('%')
    else if (character === '_') places.push(() => true)
    else if (character === '\\' && at + 1 < pattern.length) places.push(exactly(pattern[++at] as string))
    else if (end > 0) {
      places.push(oneOf(pattern.slice(at + 1, end)))
      at = end
    } else places.push(exactly(character))
  }
  return places
}

function exactly(wanted: string): Place {
  return (character) => character === wanted
}

function oneOf(list: readonly string[]): Place {
  const isNegated = list[0] === '^'
  const characters = isNegated ? list.slice(1) : list
  const ranges: [string, string][] = []
  for (let at = 0; at < characters.length; at++) {
    const first = characters[at] as string
    const isRange = characters[at + 1] === '-' && at + 2 < characters.length
    ranges.push([first, isRange ? (characters[at + 2] as string) : first])
    if (isRange) at += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== isNegated
}
