#!/usr/bin/env node
import { runProgram } from './program.ts'

// Where the program starts from its sources.
await runProgram(process.argv.slice(2))
