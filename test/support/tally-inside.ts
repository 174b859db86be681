import { Writable } from 'node:stream'
import { join, resolve } from 'node:path'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { parseLine } from '../../src/cli/parse-flags.ts'
import { renderError } from '../../src/cli/render/error.ts'
import { openTerminal } from '../../src/cli/terminal.ts'
import { asTallyError, exitCodeOf } from '../../src/kernel/errors.ts'
import { testDeps } from './deps.ts'
import type { Said } from './run-tally.ts'

/** Runs one line of `tally` in this process, in a folder, with nothing of this machine's environment. As `runTally`, without a start of Node.js. */
export async function tallyInside(
  dir: string,
  words: readonly string[],
  stdin: Uint8Array = new Uint8Array(0),
  more: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const [out, err] = [collector(), collector()]
  const env = { HOME: dir, TALLY_DATA_DIR: join(dir, 'data'), ...more }
  const terminal = openTerminal({ stdout: out.stream, stderr: err.stream, stdin: {} }, 'never', env)
  const deps = testDeps({ env, log: (level, message) => terminal.note(`${level}: ${message}`) })
  const [name = '', ...rest] = words
  const finish = (exitCode: number): Said => ({ exitCode, stdout: out.text(), stderr: err.text() })
  try {
    const command = await COMMANDS[name]?.load()
    if (command === undefined) throw new Error(`no command ${name}`)
    const line = parseLine(command, rest, env)
    const cwd = resolve(dir, line.flags.text('project') ?? '.')
    const input = async function* () {
      yield stdin
    }
    return finish(await command.run({ ...line, deps, terminal, cwd, stdin: input }))
  } catch (error) {
    const known = asTallyError(error)
    if (known.code === 'bug') throw error
    terminal.note(renderError(known, terminal))
    return finish(exitCodeOf(known))
  }
}

function collector(): { readonly stream: NodeJS.WritableStream; readonly text: () => string } {
  const parts: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(parts).toString('utf8') }
}
