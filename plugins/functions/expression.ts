import {
  boolean,
  choice,
  defineFunction,
  double,
  type Field,
  type Fields,
  list,
  record,
  text,
  unit,
} from 'millrace/plugin'
import { compile, type Expression, type ExpressionConfig } from './expression/compile.ts'
import type { VariableType } from './expression/variables.ts'

const config = {
  expression: text({ description: 'A formula in CEL, such as `level > 3.0 && !fault` or `abs(a - b) / 2`.' }),
  inputs: list(
    record({
      name: text({ description: 'Name of a variable of the expression.' }),
      type: choice(['Double', 'Boolean', 'String'], { default: 'Double', description: 'Its data type.' }),
      unit: unit({ optional: true, description: 'Its engineering unit; what is wired is converted into it.' }),
    }),
    {
      default: [],
      description:
        'Variables whose type cannot be seen in the expression, or that have a unit; the others need not be listed.',
    },
  ),
  unit: unit({ optional: true, description: 'Engineering unit of the result.' }),
}

function fieldOf(type: VariableType, options: { unit?: string; description: string }): Field {
  if (type === 'double') return double(options)
  return type === 'bool' ? boolean(options) : text(options)
}

export default defineFunction({
  type: 'expression',
  description: 'Computes a formula (Common Expression Language), checked before it runs; its variables become inputs.',
  config,
  check(config) {
    const compiled = compile(config)
    return 'complaints' in compiled ? compiled.complaints.map((each) => `expression: ${each}`) : []
  },

  inputs: (config): Fields => {
    const unitByName = new Map(config.inputs.map(({ name, unit }) => [name, unit]))
    const fields = [...expressionOf(config).variables].map(([name, type]) => {
      const unit = unitByName.get(name)
      return [
        name,
        fieldOf(type, { ...(unit === undefined ? {} : { unit }), description: 'Variable of the expression.' }),
      ]
    })
    return Object.fromEntries(fields)
  },
  outputs: (config): Fields => {
    const unit = config.unit === undefined ? {} : { unit: config.unit }
    return { value: fieldOf(expressionOf(config).type, { ...unit, description: 'What the expression gives.' }) }
  },
  compute: (inputs, config) => ({ value: expressionOf(config).evaluate(inputs) }),
})

function expressionOf(config: ExpressionConfig): Expression {
  const compiled = compile(config)
  if ('complaints' in compiled) throw new Error(compiled.complaints.join('; '))
  return compiled
}
