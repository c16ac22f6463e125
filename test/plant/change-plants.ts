/** The plant file of a line with two simulated servos, which need no network. */
export const plantFile = `plant: line
server: { port: 0, anonymous: operate, security: { unsecured: true } }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkCenter }
  Acme/Line2: { level: WorkCenter }
devices:
  servo1: { type: mock-servo, name: First servo, equipment: Acme/Line1, every: 50ms }
  servo2: { type: mock-servo, equipment: Acme/Line1, every: 50ms }
`

/** A cyclic pipeline that scales the position of a servo. */
export function scaling({
  id = 'scale',
  name = 'Scaling',
  gain = 2,
  servo = 'servo1',
  extra = '',
  outputs = 'scaled: { from: scaled.scaled, min: 0, max: 180 }',
  equipment = 'Acme/Line1',
  run = '{ every: 50ms }',
  parameters = '',
} = {}): string {
  return `pipeline: ${id}
name: ${name}
equipment: ${equipment}
run: ${run}
${parameters}
steps:
  scaled:
    function: linear-scale
    in: { value: ${servo}.position }
    config: { gain: ${gain}, unit: mm }
${extra}
outputs:
  ${outputs}
`
}

/** A run that ends by itself, after it has moved a servo for a while. */
export const moving = `pipeline: move
equipment: Acme/Line1
run: once
steps:
  home: { do: servo2.home, timeout: 10s }
  out: { do: servo2.moveAbsolute, in: { position: 90, velocity: 30, acceleration: 100 }, after: [home], timeout: 20s }
`
