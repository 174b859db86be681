import { COMMANDS } from './command-table.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import { nearest, parseLine } from './parse-flags.ts'
import { progressLog } from './progress.ts'
import { errorJson, renderError } from './render/error.ts'
import { openOutput } from './output.ts'
import { openTerminal } from './terminal.ts'
import type { Streams, Terminal } from './terminal.ts'
import { systemDeps } from '../kernel/system.ts'
import { ERROR_TABLE, TallyError, asTallyError, exitCodeOf, fail } from '../kernel/errors.ts'
import { VERSION } from '../kernel/version.ts'

/** How long a command may take to end by itself once it was told to stop. */
const GRACE_MS = 2000
/** And how long what it left open may keep the program alive after that. */
const LINGER_MS = 200

/**
 * The program: finds the command, loads only that, runs it, turns what it throws into one clear error and the exit code of this
 * process. In: its words. Other files of the program may be loaded with this one; nothing is done before it is called.
 */
export async function runProgram(argv: readonly string[]): Promise<void> {
  let outputExit: number | undefined
  /** The reader went away (`tally … | head`): that is its right. Anything else is an error of this run. */
  const lost = (name: 'stdout' | 'stderr', error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') return
    const known = asTallyError(error, name)
    outputExit = exitCodeOf(known)
    process.exitCode = outputExit
    if (name === 'stdout') stderr.write(`error[${known.code}]: stdout: ${known.message}\n`)
  }
  const stdout = openOutput(
    1,
    () => process.stdout,
    (error) => lost('stdout', error),
  )
  const stderr = openOutput(
    2,
    () => process.stderr,
    (error) => lost('stderr', error),
  )
  // Asking for stdin opens it, which few runs need.
  const streams: Streams = {
    stdout,
    stderr,
    get stdin() {
      return process.stdin
    },
  }
  const exitCode = await answer(argv, streams)
  process.exitCode = outputExit ?? exitCode
  // The command is done. Where nothing waits to be written either, Node need not take itself apart first, which takes its time.
  if ([stdout, stderr].every((output) => output.isWritten?.() === true)) process.exit()
}

async function answer(argv: readonly string[], streams: Streams): Promise<number> {
  const env = process.env
  const terminal = openTerminal(streams, valueOf(argv, 'color') ?? env['TALLY_COLOR'] ?? 'auto', env)
  try {
    const [name, ...rest] = commandFirst(argv)
    if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
      const { renderOverview } = await import('./help.ts')
      terminal.out(renderOverview(terminal))
      return 0
    }
    if (name === '--version' || name === '-V' || name === 'version') {
      terminal.out(`tally ${VERSION} (node ${process.versions.node})`)
      return 0
    }
    return name === 'help' ? await runCommand(rest[0] ?? '', ['--help'], terminal) : await runCommand(name, rest, terminal)
  } catch (error) {
    const known = asTallyError(error)
    const exitCode = exitCodeOf(known)
    terminal.note(renderError(known, terminal))
    if ((valueOf(argv, 'format', 'f') ?? env['TALLY_FORMAT']) === 'json') terminal.out(errorJson(known, exitCode))
    return exitCode
  }
}

async function runCommand(name: string, argv: readonly string[], terminal: Terminal): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) {
    const near = nearest(name, Object.keys(COMMANDS))
    throw fail('usage', name.startsWith('-') ? 'is not a flag of `tally`' : 'is not a command', {
      where: name,
      hint: near === undefined ? 'see `tally --help`' : `did you mean \`tally ${near}\`?`,
    })
  }
  const command = await entry.load()
  try {
    const line = parseLine(command, argv, process.env)
    if (line.flags.on('help')) {
      const { renderCommandHelp } = await import('./help.ts')
      terminal.out(renderCommandHelp(command, terminal))
      return 0
    }
    enterProject(line.flags.text('project'))
    const log = progressLog(terminal, line.flags)
    return await untilStopped(async (signal) => {
      const context = { ...line, deps: systemDeps({ log, signal }), terminal, cwd: process.cwd(), stdin: () => process.stdin }
      return await command.run(context)
    })
  } catch (error) {
    // Where nobody knew a better next step, the help of this very command is one.
    const isPlain = error instanceof TallyError && error.code === 'usage' && error.hint === ERROR_TABLE.usage.hint
    throw isPlain ? fail('usage', error.message, { ...whereOf(error), hint: `see \`tally ${command.name} --help\`` }) : error
  }
}

function whereOf({ where }: TallyError): { readonly where?: string } {
  return where === undefined ? {} : { where }
}

/** Global flags may stand before the command, as with git. Out: the command, then all its words. */
function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0
  while (at < argv.length) {
    const word = argv[at] ?? ''
    const flag = word.split('=')[0] ?? word
    const found = Object.entries(GLOBAL_OPTIONS).find(
      ([name, { short }]) => name !== 'help' && (flag === `--${name}` || flag === `-${short}`),
    )
    if (found === undefined) break
    at += found[1].type === 'string' && !word.includes('=') ? 2 : 1
  }
  const name = argv[at]
  return at === 0 || name === undefined ? argv.slice(at) : [name, ...argv.slice(0, at), ...argv.slice(at + 1)]
}

/** Everything relative counts from there: references, keys, bundles. */
function enterProject(dir: string | undefined): void {
  if (dir === undefined) return
  try {
    process.chdir(dir)
  } catch (error) {
    throw asTallyError(error, dir)
  }
}

/** Runs work that SIGINT and SIGTERM stop: it is told, has a moment to tidy up, and is then left as it is, which every step survives. */
async function untilStopped(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const givenUp = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => (timer = setTimeout(() => reject(asTallyError(abort.signal.reason)), GRACE_MS)))
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => abort.abort(fail('interrupted', `stopped by ${signal}`)))
  try {
    return await Promise.race([work(abort.signal), givenUp])
  } catch (error) {
    throw abort.signal.aborted ? asTallyError(abort.signal.reason) : error
  } finally {
    clearTimeout(timer)
    // What is still open (a terminal that is read, a connection) must not keep a stopped program alive.
    if (abort.signal.aborted) setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

/** The value of a flag before the command line is understood: for messages about lines that cannot be. */
function valueOf(argv: readonly string[], name: string, short?: string): string | undefined {
  for (const [at, word] of argv.entries()) {
    if (word === '--') return undefined
    if (word === `--${name}` || word === `-${short}`) return argv[at + 1]
    if (word.startsWith(`--${name}=`)) return word.slice(name.length + 3)
    if (short !== undefined && word.startsWith(`-${short}`)) return word.slice(2).replace(/^=/, '')
  }
  return undefined
}
