const escapes: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  '0': '\0',
  '\\': '\\',
  '{': '{',
  '}': '}',
}

/**
 * The bytes that a text of the configuration stands for: characters, escapes (`\r`, `\n`, `\t`, `\0`, `\x02`), or
 * `hex:02 0D` altogether. Undefined when it is no such text.
 */
export function bytesOf(text: string): Buffer | undefined {
  if (text.startsWith('hex:')) {
    const digits = text.slice(4).replaceAll(' ', '')
    return /^([0-9a-f]{2})*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined
  }
  const plain = unescaped(text)
  return plain === undefined || [...plain].some((character) => character > 'ÿ')
    ? undefined
    : Buffer.from(plain, 'latin1')
}

/** A text with its escapes replaced; undefined when one is unknown. */
export function unescaped(text: string): string | undefined {
  let isWrong = false
  const plain = text.replace(/\\(x[0-9a-fA-F]{2}|.|$)/gs, (_, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const known = escapes[code]
    if (known === undefined) isWrong = true
    return known ?? ''
  })
  return isWrong ? undefined : plain
}
