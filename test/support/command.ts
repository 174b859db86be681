import { resolve } from 'node:path'
import type { Command } from '../../src/cli/command.ts'
import { parseLine } from '../../src/cli/parse-flags.ts'
import { openTerminal } from '../../src/cli/terminal.ts'
import { asTallyError, exitCodeOf } from '../../src/kernel/errors.ts'
import type { TallyError } from '../../src/kernel/errors.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { testDeps } from './deps.ts'

/** How a command ended, what it said, and the error it threw, if it did. */
export type CommandResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string; readonly error?: TallyError }

/** Runs a command in this process, at no terminal, 100 columns wide. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  place: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly stdin?: string },
): Promise<CommandResult> {
  const said = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({ isTTY: false, columns: 100, write: (text: string) => (said[name] += text) !== '' })
  const streams = { stdout: stream('stdout'), stderr: stream('stderr'), stdin: {} } as unknown as Parameters<typeof openTerminal>[0]
  const env = { HOME: place.cwd, ...place.env }
  const line = parseLine(command, argv, env)
  const stdin = async function* () {
    yield utf8(place.stdin ?? '')
  }
  try {
    const exitCode = await command.run({
      ...line,
      deps: testDeps({ env }),
      terminal: openTerminal(streams, 'never', env),
      cwd: resolve(place.cwd),
      stdin,
    })
    return { exitCode, ...said }
  } catch (error) {
    const known = asTallyError(error)
    return { exitCode: exitCodeOf(known), ...said, error: known }
  }
}
