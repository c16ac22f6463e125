#!/usr/bin/env node
// @ts-check
// Usage: node .launcher/launch.mjs <script> [arguments of the script]
//
// The one way into a checkout, for people and for package.json. It makes the checkout ready when it is not, finds a
// Node.js that is new enough, and runs the script, whose path counts from the folder of package.json.
// Only modules of Node.js itself may be imported in this folder: on a fresh clone there is nothing else.

import { launch } from './start.mjs'

const [script, ...args] = process.argv.slice(2)
if (script === undefined) {
  process.stderr.write('usage: node .launcher/launch.mjs <script> [arguments]\n')
  process.exitCode = 2
} else {
  await launch(script, args)
}
