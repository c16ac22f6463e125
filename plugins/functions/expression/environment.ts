import { Environment } from '@marcbachmann/cel-js'

type Operation = (a: number, b: number) => number | boolean

const mixed: Readonly<Record<string, Operation>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

/** Functions that CEL does not have, by name: of one number, or of two. */
const ofOne: Readonly<Record<string, (a: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  round: Math.round,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
}
const ofTwo: Readonly<Record<string, (a: number, b: number) => number>> = {
  max: Math.max,
  min: Math.min,
  mod: (a, b) => a % b,
  pow: (a, b) => a ** b,
}

const numbers = ['double', 'int'] as const

/**
 * CEL as an automation engineer expects it: `a + 1` and `a == 1` work although 1 is an integer and a is not, and the usual
 * functions are there (abs, min, max, sqrt, ...). Integers among themselves stay as CEL has them: `7 / 2` is 3.
 */
export function makeEnvironment(): Environment {
  const environment = new Environment()
  for (const [operator, of] of Object.entries(mixed)) {
    const handler = (a: unknown, b: unknown) => of(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int: double`, handler)
    environment.registerOperator(`int ${operator} double: double`, handler)
  }
  environment.registerOperator('double == int: bool', (a: unknown, b: unknown) => Number(a) === Number(b))
  for (const [name, of] of Object.entries(ofOne)) {
    for (const type of numbers) environment.registerFunction(`${name}(${type}): double`, (a: unknown) => of(Number(a)))
  }
  for (const [name, of] of Object.entries(ofTwo)) {
    const handler = (a: unknown, b: unknown) => of(Number(a), Number(b))
    for (const a of numbers) {
      for (const b of numbers) environment.registerFunction(`${name}(${a}, ${b}): double`, handler)
    }
  }
  return environment
}
