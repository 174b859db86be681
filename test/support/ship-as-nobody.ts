import { openTerminal } from '../../src/cli/terminal.ts'
import { renderError } from '../../src/cli/render/error.ts'
import { asTallyError, exitCodeOf } from '../../src/kernel/errors.ts'
import { shipInside } from './ship-inside.ts'

// A process that is nobody in particular, as far as it may become that, and ships a project: what may only be read is a matter of
// being allowed to, and root is allowed everything. The program is loaded first, for nobody may not read where it lies.
const [dir = '', dataDir = ''] = process.argv.slice(2)
const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65_534)
  process.setuid?.(65_534)
}
try {
  await shipInside({ dir, dataDir, env })
} catch (error) {
  const known = asTallyError(error)
  openTerminal(process, 'never', {}).note(renderError(known, openTerminal(process, 'never', {})))
  process.exitCode = exitCodeOf(known)
}
