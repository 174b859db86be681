import { asTallyError, exitCodeOf, fail } from '../src/kernel/errors.ts'
import { systemDeps } from '../src/kernel/system.ts'
import { safeText } from '../src/kernel/text.ts'
import { parseWords } from './words.ts'
import { verifyBundle } from './verify-bundle.ts'

/** The client of sigstore-conformance (docs/cli_protocol.md there): says on stderr why not, and ends with 0 only for a yes. */
async function main([verb = '', ...words]: readonly string[]): Promise<number> {
  const deps = systemDeps({
    log: (level, message) => process.stderr.write(`${level}: ${safeText(message)}\n`),
    signal: new AbortController().signal,
  })
  try {
    if (verb !== 'verify-bundle') throw fail('usage', 'is not a command of this client, which has verify-bundle', { where: verb })
    const why = await verifyBundle(deps, parseWords(words))
    if (why === undefined) return 0
    process.stderr.write(`refused: it ${safeText(why)}\n`)
    return 1
  } catch (error) {
    const known = asTallyError(error)
    process.stderr.write(`error[${known.code}]: ${safeText(known.where ?? '')}: ${safeText(known.message)}\n`)
    return exitCodeOf(known)
  }
}

process.exitCode = await main(process.argv.slice(2))
