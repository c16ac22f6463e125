/** The files of a new plant, by path inside its folder. */
export function newPlantFiles(plant: string): Readonly<Record<string, string>> {
  return {
    'plant.yaml': plantFile(plant),
    'pipelines/smooth.yaml': smoothFile,
    'README.md': readme(plant),
    '.gitignore': '.millrace/\ndata/\n',
  }
}

const plantFile = (plant: string) => `# yaml-language-server: $schema=./.millrace/plant.schema.json
# What the plant is made of. \`millrace validate\` checks it; \`millrace list\` tells what may stand here.
plant: ${plant}                   # never change it: it is part of every address that clients keep

server:
  port: \${MILLRACE_PORT:-4840}    # \${NAME:-default} takes a value from the environment, in this file only
  bind: 127.0.0.1                 # this machine only; 0.0.0.0 opens it to the network
  anonymous: operate              # without a login: none, observe (look) or operate (also start and write)
  security:
    unsecured: true               # connections without encryption; say false before you open it to the network

# The equipment of your plant in the levels of ISA-95. Devices and pipelines stand in it.
equipment:
  Acme: { level: Enterprise }
  Acme/Berlin: { level: Site }
  Acme/Berlin/Line1: { level: WorkCenter }

# What the server is connected to. This one is simulated; \`millrace list devices\` tells the real ones.
devices:
  servo1:
    type: mock-servo
    name: Valve servo
    equipment: Acme/Berlin/Line1
    config:
      every: 100ms                # time between two readings; a device that is polled has its \`every\` one level up
      maxPosition: 120
`

const smoothFile = `# yaml-language-server: $schema=../.millrace/pipeline.schema.json
# What becomes of the measured values. Steps pull their inputs: a wire is owner.port.
pipeline: smooth
description: The position of the servo without its noise.
equipment: Acme/Berlin/Line1
run: { every: 100ms }             # or once, { on: change }, { cron: '0 6 * * *' }

parameters:                       # variables that clients may write
  limit: { type: Double, unit: °, min: 0, max: 120, default: 90 }

steps:
  average:
    function: moving-average      # \`millrace describe moving-average\` tells its ports
    in: { value: servo1.position }
    config: { size: 10 }
  isBeyond:
    function: GT
    in: { a: average.mean, b: $limit }

outputs:                          # what clients see of it
  position:
    from: average.mean
    description: Mean of the last ten positions.
  beyondLimit:
    from: isBeyond.result
    description: Whether the mean position is above the limit.
`

const readme = (plant: string) => `# ${plant}

A plant for [Millrace](https://www.npmjs.com/package/millrace): one simulated servo and one pipeline.

| file | what it says |
|---|---|
| \`plant.yaml\` | the equipment, the devices and the server |
| \`pipelines/*.yaml\` | what becomes of the measured values |
| \`plugins/\` (optional) | your own devices and functions; \`millrace plugin new\` writes a first one |

- \`millrace validate\` checks everything and tells place and remedy of each finding.
- \`millrace .\` runs it; connect an OPC UA client to \`opc.tcp://localhost:4840\`.
- Call the servo's methods \`power\`, \`home\` and \`moveAbsolute\` and watch \`smooth\` follow.
`
