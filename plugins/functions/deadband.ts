import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'DEADBAND',
  description: 'Holds a value until it has moved by more than a width, to keep noise out.',
  config: { width: double({ min: 0, description: 'Change that must be exceeded, in the unit of the value.' }) },
  inputs: { value: double({ description: 'What is watched.' }) },
  outputs: { value: double({ like: 'value', description: 'The value at its last change that counted.' }) },
  memory: () => ({ held: 0 }),

  compute({ value }, { width }, memory, { isFirst }) {
    if (isFirst || Math.abs(value - memory.held) > width) memory.held = value
    return { value: memory.held }
  },
})
