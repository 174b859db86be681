import { execFileSync } from 'node:child_process'
import { accessSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from './command-table.ts'
import { GLOBAL_OPTIONS } from './command.ts'
import type { Command, Context } from './command.ts'
import { completion } from './commands/completion.ts'
import { renderCommandHelp } from './help.ts'
import { parseLine, variableOf } from './parse-flags.ts'
import { openTerminal } from './terminal.ts'

const NAMES = Object.keys(COMMANDS)
const load = async (name: string): Promise<Command> => {
  const command = await COMMANDS[name]?.load()
  if (command === undefined) throw new Error(`no command ${name}`)
  return command
}
const said: string[] = []
const stream = { write: (text: string) => said.push(text) }
const terminal = openTerminal({ stdout: stream, stderr: stream, stdin: {} } as never, 'never', {})

describe.each(NAMES)('tally %s', (name) => {
  test('loads as what the table calls it', async () => {
    const command = await load(name)
    expect([command.name, command.summary]).toEqual([name, COMMANDS[name]?.summary])
    expect(command.usage.length).toBeGreaterThan(0)
    for (const line of command.usage) expect(line.startsWith(`tally ${name}`)).toBe(true)
  })

  test('its help names every flag, says what each is for, and begins with examples', async () => {
    const command = await load(name)
    const help = renderCommandHelp(command, terminal)
    for (const [flag, spec] of Object.entries({ ...command.options, ...GLOBAL_OPTIONS })) {
      expect(help, flag).toContain(`--${flag}`)
      expect(spec.help, flag).toMatch(/^[^\s.].*[^.]$/)
      for (const choice of spec.choices ?? []) expect(`${spec.help} ${spec.value ?? ''}`, flag).toContain(choice)
    }
    expect(command.examples.length).toBeGreaterThan(0)
    expect(help.indexOf('Examples')).toBeLessThan(help.indexOf('Usage'))
  })

  test('its examples are lines it understands', async () => {
    const command = await load(name)
    for (const [line] of command.examples) {
      // Only what follows `tally NAME`, up to a pipe or a redirection; quotes as a shell takes them away.
      const own = line
        .split(/[|)]| > /)
        .map((part) => part.trim())
        .find((part) => part.includes(`tally ${name}`))
      if (own === undefined) continue
      const words = (own.slice(own.indexOf(`tally ${name}`) + `tally ${name}`.length).match(/"[^"]*"|\S+/g) ?? []).map((word) =>
        word.replaceAll('"', ''),
      )
      expect(() => parseLine(command, words, {}), line).not.toThrow()
    }
  })

  test('no two flags share a letter or a variable', async () => {
    const specs = Object.entries({ ...(await load(name)).options, ...GLOBAL_OPTIONS })
    for (const of of [([, spec]: (typeof specs)[number]) => spec.short, ([flag, spec]: (typeof specs)[number]) => variableOf(flag, spec)]) {
      const values = specs.map(of).filter((value) => value !== undefined)
      expect(values).toEqual([...new Set(values)])
    }
  })
})

describe('completion', () => {
  const scriptFor = async (shell: string): Promise<string> => {
    said.length = 0
    await completion.run({ words: [shell], terminal } as unknown as Context)
    return said.join('')
  }
  const isThere = (shell: string): boolean => {
    const found = ['/bin', '/usr/bin', '/usr/local/bin'].some((dir) => {
      try {
        accessSync(`${dir}/${shell}`)
        return true
      } catch {
        return false
      }
    })
    if (!found) process.stderr.write(`SKIPPED: \`${shell}\` is not installed\n`)
    return found
  }

  test.each(['bash', 'zsh', 'fish'])('the script for %s names every command and every flag', async (shell) => {
    const script = await scriptFor(shell)
    for (const name of NAMES) {
      expect(script).toContain(name)
      for (const flag of Object.keys((await load(name)).options)) expect(script).toContain(flag)
    }
  })

  for (const shell of ['bash', 'zsh', 'fish']) {
    test.skipIf(!isThere(shell))(`${shell} reads its script`, async () => {
      execFileSync(shell, ['-n'], { input: await scriptFor(shell), stdio: 'pipe' })
    })
  }

  test.skipIf(!isThere('bash'))('bash completes commands, flags of a command, and files', async () => {
    const script = await scriptFor('bash')
    const complete = (...words: readonly string[]): readonly string[] => {
      const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tally; printf '%s\\n' "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8', cwd: import.meta.dirname })
        .trim()
        .split('\n')
    }
    expect(complete('tally', 've')).toContain('verify')
    expect(complete('tally', 'verify', '--pol')).toEqual(['--policy'])
    expect(complete('tally', 'verify', 'command-t')).toEqual(['command-table.test.ts', 'command-table.ts'])
  })
})
