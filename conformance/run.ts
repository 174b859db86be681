import { asTallyError, exitCodeOf } from '../src/kernel/errors.ts'
import { systemDeps } from '../src/kernel/system.ts'
import { safeText } from '../src/kernel/text.ts'
import { parseWords } from './words.ts'
import { signBundle } from './sign-bundle.ts'
import { verifyBundle } from './verify-bundle.ts'

/** The client of sigstore-conformance (docs/cli_protocol.md there): says on stderr why not. Out: the exit code, 0 only for a yes. */
export async function run([verb = '', ...words]: readonly string[]): Promise<number> {
  const deps = systemDeps({
    log: (level, message) => process.stderr.write(`${level}: ${safeText(message)}\n`),
    signal: new AbortController().signal,
  })
  try {
    const parsed = parseWords(verb, words)
    if (verb === 'sign-bundle') {
      await signBundle(deps, parsed)
      return 0
    }
    const why = await verifyBundle(deps, parsed)
    if (why === undefined) return 0
    process.stderr.write(`refused: it ${safeText(why)}\n`)
    return 1
  } catch (error) {
    const known = asTallyError(error)
    process.stderr.write(`error[${known.code}]: ${safeText(known.where ?? '')}: ${safeText(known.message)}\n`)
    return exitCodeOf(known)
  }
}
