#!/usr/bin/env node
import { resolve } from 'node:path'
import { COMMANDS } from './command-table.ts'
import { openTerminal } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { asTallyError, exitCodeOf, fail } from '../kernel/errors.ts'

/** The program: finds the command, loads only that, runs it, turns what it throws into one clear error and an exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const env = process.env
  const [name, ...rest] = argv
  const terminal = openTerminal(process, colorOf(argv, env), env)
  try {
    if (name === undefined || name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
      const { renderOverview } = await import('./help.ts')
      terminal.out(renderOverview(terminal))
      return 0
    }
    if (name === '--version' || name === '-V' || name === 'version') {
      const { VERSION } = await import('../kernel/version.ts')
      terminal.out(`tally ${VERSION} (node ${process.versions.node})`)
      return 0
    }
    return name === 'help' ? await runCommand(rest[0] ?? '', ['--help'], terminal) : await runCommand(name, rest, terminal)
  } catch (error) {
    const known = asTallyError(error)
    const { renderError, errorJson } = await import('./render/error.ts')
    const exitCode = exitCodeOf(known)
    terminal.note(renderError(known, terminal))
    if (formatOf(argv) === 'json') terminal.out(errorJson(known, exitCode))
    return exitCode
  }
}

async function runCommand(name: string, argv: readonly string[], terminal: Terminal): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) {
    const { nearest } = await import('./parse-flags.ts')
    const near = nearest(name, Object.keys(COMMANDS))
    throw fail('usage', 'is not a command', {
      where: name,
      hint: near === undefined ? 'see `tally --help`' : `did you mean \`tally ${near}\`?`,
    })
  }
  const [command, { parseLine }, { systemDeps }] = await Promise.all([
    entry.load(),
    import('./parse-flags.ts'),
    import('../kernel/system.ts'),
  ])
  const line = parseLine(command, argv, process.env)
  if (line.flags.on('help')) {
    const { renderCommandHelp } = await import('./help.ts')
    terminal.out(renderCommandHelp(command, terminal))
    return 0
  }
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => abort.abort(fail('interrupted', `stopped by ${signal}`)))
  const { progressLog } = await import('./progress.ts')
  const deps = systemDeps({ log: progressLog(terminal, line.flags), signal: abort.signal })
  const cwd = resolve(line.flags.text('project') ?? '.')
  try {
    return await command.run({ ...line, deps, terminal, cwd, stdin: () => process.stdin })
  } catch (error) {
    throw abort.signal.aborted ? asTallyError(abort.signal.reason) : error
  }
}

function colorOf(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const at = argv.findIndex((word) => word === '--color' || word.startsWith('--color='))
  if (at === -1) return env['TALLY_COLOR'] ?? 'auto'
  return argv[at]?.split('=')[1] ?? argv[at + 1] ?? 'auto'
}

function formatOf(argv: readonly string[]): string {
  const at = argv.findIndex((word) => word === '--format' || word === '-f' || word.startsWith('--format='))
  return at === -1 ? 'text' : (argv[at]?.split('=')[1] ?? argv[at + 1] ?? 'text')
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader went away (`tally … | head`): that is its right.
  if (error.code !== 'EPIPE') throw error
  process.exitCode = 0
})

process.exitCode = await main(process.argv.slice(2))
