import { runTuf } from './tuf.ts'

process.exitCode = await runTuf(process.argv.slice(2))
