import { type Environment, ParseError, type SourceRange } from '@marcbachmann/cel-js'
import { makeEnvironment } from './environment.ts'
import { type VariableType, variablesOf } from './variables.ts'

/** What of the configuration an expression is made of. */
export interface ExpressionConfig {
  readonly expression: string
  readonly inputs: readonly { readonly name: string; readonly type: 'Double' | 'Boolean' | 'String' }[]
}

/** A checked expression: its variables in order, the type of its result, and how to compute it. */
export interface Expression {
  readonly variables: ReadonlyMap<string, VariableType>
  readonly type: VariableType
  evaluate(values: Readonly<Record<string, unknown>>): number | boolean | string
}

/** A checked expression, or what is wrong with it. */
export type Compiled = Expression | { readonly complaints: readonly string[] }

const celTypes = { Double: 'double', Boolean: 'bool', String: 'string' } as const
const resultTypes: Readonly<Record<string, VariableType>> = {
  double: 'double',
  int: 'double',
  bool: 'bool',
  string: 'string',
}

const base = makeEnvironment()
const compiledByConfig = new WeakMap<object, Compiled>()

/** Parses and type-checks an expression; the result is kept as long as the configuration lives. */
export function compile(config: ExpressionConfig): Compiled {
  const known = compiledByConfig.get(config)
  if (known) return known
  const compiled = compileNow(config)
  compiledByConfig.set(config, compiled)
  return compiled
}

function compileNow({ expression, inputs }: ExpressionConfig): Compiled {
  try {
    const declared = new Map(inputs.map(({ name, type }) => [name, celTypes[type]]))
    const mentioned = variablesOf(base.parse(expression).ast)
    const variables = new Map([...mentioned].map(([name, type]) => [name, declared.get(name) ?? type]))
    const unused = [...declared.keys()].filter((name) => !mentioned.has(name))
    if (unused.length > 0) return { complaints: unused.map((name) => `input ${name} does not occur in the expression`) }
    return checked(expression, variables, declare(variables))
  } catch (error) {
    if (error instanceof ParseError) return { complaints: [complaint(expression, error)] }
    throw error
  }
}

function declare(variables: ReadonlyMap<string, VariableType>): Environment {
  const environment = base.clone()
  for (const [name, type] of variables) environment.registerVariable(name, type)
  return environment
}

function checked(expression: string, variables: ReadonlyMap<string, VariableType>, environment: Environment): Compiled {
  const program = environment.parse(expression)
  const result = program.check()
  if (!result.valid) return { complaints: [complaint(expression, result.error)] }
  const type = resultTypes[result.type ?? '']
  if (type === undefined)
    return { complaints: [`the expression gives a ${result.type}, not a number, a bool or a string`] }
  return {
    variables,
    type,
    evaluate(values) {
      const value = program(values) as number | bigint | boolean | string
      return typeof value === 'bigint' ? Number(value) : value
    },
  }
}

interface Trouble {
  readonly summary?: string
  readonly message: string
  readonly range?: SourceRange
}

/** Names the place inside the text: CEL counts characters from 0, people from 1. */
function complaint(expression: string, error: Trouble | undefined): string {
  const what = error?.summary ?? error?.message.split('\n')[0] ?? 'it cannot be checked'
  const start = error?.range?.start ?? 0
  const near = expression.slice(start, Math.max(start + 1, Math.min(error?.range?.end ?? 0, start + 40)))
  const place = near === '' ? 'at the end' : `at character ${start + 1} ('${near}')`
  const hint = /'?(double|int)'? and '?(double|int)'?/.test(what) ? '; write whole numbers as 1.0 there' : ''
  return `${what.charAt(0).toLowerCase()}${what.slice(1)} ${place}${hint}`
}
