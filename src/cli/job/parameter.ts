import { didYouMean } from '../../model/did-you-mean.ts'
import { unitOf } from '../../model/unit.ts'
import { type DataType, integerRange, isNumeric } from '../../model/value.ts'
import type { WorkMaster } from '../client/jobs/structures.ts'
import type { JobValue } from '../client/jobs/values.ts'
import { UsageError } from '../exit-code.ts'
import { timeOf } from '../time-range.ts'

/** A number, and behind it what may be a unit: `12`, `-1.5e3 l`, `80%`. */
const numberPattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i

/**
 * What `--set name=value` means for a parameter of a pipeline: a value of its type, in the unit that is written behind a number.
 * Lists are written with commas. Throws UsageError for what cannot be a value of the type; limits are the server's to check.
 */
export function parameterOf(text: string, master: WorkMaster): JobValue {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--set ${text} is no parameter; write --set name=value, such as --set volume=12l`)
  const name = text.slice(0, at).trim()
  const given = text.slice(at + 1).trim()
  const declared = master.parameters.find((each) => each.name === name)
  if (!declared) throw unknownParameter(name, master)
  const { type = 'String', isArray } = declared
  if (!isArray) return { name, type, isArray, ...scalarOf(given, type, name) }
  const parts = given === '' ? [] : given.split(',').map((each) => scalarOf(each.trim(), type, name))
  const units = new Set(parts.flatMap(({ unit }) => unit ?? []))
  if (units.size > 1) throw new UsageError(`--set ${text} has several units; write one, behind the last number`)
  const [unit] = units
  return { name, type, isArray, value: parts.map(({ value }) => value), ...(unit === undefined ? {} : { unit }) }
}

function unknownParameter(name: string, { id, parameters }: WorkMaster): UsageError {
  const names = parameters.map((each) => each.name)
  const meant = didYouMean(name, names)
  const known = names.length === 0 ? 'it has none' : `known are ${names.join(', ')}`
  return new UsageError(`${id} has no parameter ${name}; ${meant ? `did you mean ${meant}?` : known}`)
}

function scalarOf(text: string, type: DataType, name: string): { readonly value: unknown; readonly unit?: string } {
  const wrong = (form: string) => new UsageError(`${name} is '${text}'; ${form}`)
  switch (type) {
    case 'Boolean':
      if (!/^(?:true|false)$/i.test(text)) throw wrong('write true or false')
      return { value: text.toLowerCase() === 'true' }
    case 'String':
      return { value: text }
    case 'DateTime':
      return { value: new Date(timeOf(`${name} =`, text, Date.now())) }
    case 'ByteString':
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) throw wrong('write base64')
      return { value: Buffer.from(text, 'base64') }
    default:
      return numberOf(text, type, wrong)
  }
}

function numberOf(
  text: string,
  type: DataType,
  wrong: (form: string) => UsageError,
): { readonly value: number | bigint; readonly unit?: string } {
  const [, digits = '', symbol = ''] = numberPattern.exec(text) ?? []
  if (digits === '') throw wrong('write a number, with a unit behind it where it has one')
  const unit = symbol === '' ? undefined : unitOf(symbol)
  if (symbol !== '' && !unit) throw wrong(`${symbol} is no known unit; \`millrace list units\` tells all of them`)
  const isWhole = /^[+-]?\d+$/.test(digits)
  const inUnit = unit ? { unit: unit.symbol } : {}
  if (!isNumeric(type)) {
    if (!isWhole) throw wrong('write a whole number')
    return { value: BigInt(digits.replace('+', '')), ...inUnit }
  }
  const value = Number(digits)
  if (type !== 'Double' && type !== 'Float' && !isWhole) throw wrong('write a whole number')
  const [lowest = -Number.MAX_VALUE, highest = Number.MAX_VALUE] = integerRange[type] ?? []
  if (value < lowest || value > highest) throw wrong(`${type} is from ${lowest} to ${highest}`)
  return { value, ...inUnit }
}
