/** What is needed of a terminal's input to read keys one by one. */
export interface KeyInput {
  setRawMode(isRaw: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
  resume(): unknown
  pause(): unknown
  on(event: 'data', listener: (keys: string) => void): unknown
  on(event: 'end', listener: () => void): unknown
  off(event: 'data', listener: (keys: string) => void): unknown
  off(event: 'end', listener: () => void): unknown
}

/** Characters of a secret at most; what is pasted by mistake ends there. */
const lengthMax = 4096

/**
 * Asks for a line and shows nothing of what is typed. Backspace takes back, Ctrl-U takes everything back; resolves to undefined
 * when it is given up with Ctrl-C or with Ctrl-D on an empty line.
 */
export async function readSecret(
  input: KeyInput,
  write: (text: string) => void,
  question: string,
): Promise<string | undefined> {
  // Before the question, because the terminal shows what is typed until then.
  input.setRawMode(true)
  input.setEncoding('utf8')
  write(question)
  try {
    return await new Promise((resolve) => {
      let typed: readonly string[] = []
      const end = (secret: string | undefined) => {
        input.off('data', onKeys)
        input.off('end', onEnd)
        resolve(secret)
      }
      const onEnd = () => end(undefined)
      const onKeys = (keys: string) => {
        for (const key of keys) {
          if (key === '\r' || key === '\n') return end(typed.join(''))
          if (key === '\u0003' || (key === '\u0004' && typed.length === 0)) return end(undefined)
          typed = after(typed, key)
        }
      }
      input.on('data', onKeys)
      input.on('end', onEnd)
      input.resume()
    })
  } finally {
    input.setRawMode(false)
    input.pause()
    write('\n')
  }
}

function after(typed: readonly string[], key: string): readonly string[] {
  if (key === '\u007f' || key === '\b') return typed.slice(0, -1)
  if (key === '\u0015') return []
  return key < ' ' || typed.length >= lengthMax ? typed : [...typed, key]
}
