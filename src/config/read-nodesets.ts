import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { didYouMean } from '../model/did-you-mean.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { type NodesetModel, readNodesetHeader } from './nodeset-header.ts'
import { reasonOf } from './read-source.ts'
import { fault, type Remark } from './report.ts'

/** Largest size of all NodeSets of a plant together, in bytes. The largest one that is published has about 5 MB. */
export const nodesetBytesMax = 33_554_432

/** The NodeSets of a plant folder. */
export interface NodesetReading {
  /** The file that defines each model. */
  readonly fileByModel: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
}

/**
 * Reads `nodesets/*.xml` of a plant folder as far as it takes to know that the files are well-formed, which models they define,
 * and that every required model is there. `known` are the models that the server brings, and that no file may define again.
 */
export async function readNodesets(
  folder: string,
  options: { readonly known: readonly string[]; readonly bytesMax?: number },
): Promise<NodesetReading> {
  const findings: Finding[] = []
  const read: { file: string; text: string; models: readonly NodesetModel[] }[] = []
  let bytesLeft = options.bytesMax ?? nodesetBytesMax
  for (const file of await filesIn(join(folder, 'nodesets'), findings)) {
    const { text, bytes } = await textOf(file, bytesLeft, findings)
    bytesLeft -= bytes
    if (text === undefined) continue
    const header = readNodesetHeader(text)
    if ('models' in header) read.push({ file, text, models: header.models })
    else findings.push(at({ file, text }, header.fault.offset, 'nodeset-invalid', { message: header.fault.message }))
  }
  const definedBy = new Map(options.known.map((uri) => [uri, theServer]))
  for (const nodeset of read) findings.push(...duplicates(nodeset, definedBy))
  for (const nodeset of read) findings.push(...missing(nodeset, [...definedBy.keys()]))
  return { fileByModel: new Map([...definedBy].filter(([, file]) => file !== theServer)), findings }
}

const theServer = 'the server'

interface ReadNodeset {
  readonly file: string
  readonly text: string
  readonly models: readonly NodesetModel[]
}

function duplicates(nodeset: ReadNodeset, definedBy: Map<string, string>): Finding[] {
  return nodeset.models.flatMap(({ uri, offset }) => {
    const other = definedBy.get(uri)
    if (other === undefined) {
      definedBy.set(uri, nodeset.file)
      return []
    }
    const remedy = other === theServer ? 'remove the file; the server brings this model itself' : undefined
    return [
      at(nodeset, offset, 'nodeset-duplicate', { message: `the model ${uri} is defined by ${other} too`, remedy }),
    ]
  })
}

function missing(nodeset: ReadNodeset, defined: readonly string[]): Finding[] {
  const required = nodeset.models.flatMap(({ uri, requires }) => requires.map((needed) => ({ ...needed, by: uri })))
  return required
    .filter(({ uri }) => !defined.includes(uri))
    .map(({ uri, by, offset }) => {
      const meant = didYouMean(uri, defined)
      const message = `the model ${uri} is missing; ${by} requires it`
      const remedy = meant === undefined ? 'put the NodeSet of that model beside this file' : `did you mean ${meant}?`
      return at(nodeset, offset, 'nodeset-missing', { message, remedy })
    })
}

async function filesIn(folder: string, findings: Finding[]): Promise<readonly string[]> {
  try {
    const names = await readdir(folder)
    return names
      .filter((name) => /^[^.].*\.xml$/i.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      findings.push(fault(folder, 'file-unreadable', [], { message: `${folder} cannot be read: ${reasonOf(error)}` }))
    }
    return []
  }
}

/** Text of a file of at most so many bytes; without it a finding was made. */
async function textOf(
  file: string,
  bytesMax: number,
  findings: Finding[],
): Promise<{ readonly text?: string; readonly bytes: number }> {
  const refuse = (code: ErrorCode, message: string, remedy?: string): { readonly bytes: number } => {
    findings.push({ ...fault(file, code, [], { message, remedy }), line: 1, column: 1 })
    return { bytes: 0 }
  }
  try {
    const handle = await open(file, 'r')
    try {
      const status = await handle.stat()
      if (!status.isFile()) return refuse('file-unreadable', `${file} cannot be read: it is not a regular file`)
      if (status.size > bytesMax) {
        return refuse('file-too-large', 'the NodeSets are larger than 32 MiB together', 'leave out what is not needed')
      }
      // No more than was announced, should the file grow meanwhile.
      const { buffer: bytes } = await handle.read({ buffer: Buffer.alloc(status.size), position: 0 })
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: bytes.length }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof TypeError)
      return refuse('nodeset-invalid', 'it is not UTF-8 text', 'save it with the encoding UTF-8')
    return refuse('file-unreadable', `${file} cannot be read: ${reasonOf(error)}`)
  }
}

/** A finding at an offset of the text. */
function at({ file, text }: { file: string; text: string }, offset: number, code: ErrorCode, remark: Remark): Finding {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return { ...fault(file, code, [], remark), line, column: offset - lineStart + 1 }
}
