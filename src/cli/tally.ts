#!/usr/bin/env node
import { keepCompiled } from './compile-cache.ts'

// Where the compiled program starts: only what is loaded after this line can come from what an earlier run compiled.
keepCompiled(process.env)
const { runProgram } = await import('./program.ts')
await runProgram(process.argv.slice(2))
