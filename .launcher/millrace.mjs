#!/usr/bin/env node
// @ts-check
// The command `millrace`: src/main.ts with the user's arguments, from any folder.

import { launch } from './start.mjs'

await launch('src/main.ts', process.argv.slice(2))
