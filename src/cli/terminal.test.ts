import { describe, expect, test } from 'vitest'
import { onScreen, openTerminal } from './terminal.ts'

/** A terminal whose streams keep what they are given. */
function terminalWith(
  options: { readonly tty?: boolean; readonly when?: string; readonly env?: Record<string, string>; readonly columns?: number } = {},
) {
  const said = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    isTTY: options.tty === true,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    write: (text: string | Uint8Array) => (said[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)),
  })
  const streams = { stdout: stream('out'), stderr: stream('err'), stdin: { isTTY: options.tty === true } }
  return { said, terminal: openTerminal(streams, options.when ?? 'auto', options.env ?? {}) }
}

describe('colour', () => {
  test.each([
    ['a pipe', { tty: false }, false],
    ['a terminal', { tty: true }, true],
    ['a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, false],
    ['NO_COLOR on a terminal', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR, which says nothing', { tty: true, env: { NO_COLOR: '' } }, true],
    ['FORCE_COLOR in a pipe', { tty: false, env: { FORCE_COLOR: '1' } }, true],
    ['CLICOLOR_FORCE in a pipe', { tty: false, env: { CLICOLOR_FORCE: '1' } }, true],
    ['FORCE_COLOR=0 in a pipe', { tty: false, env: { FORCE_COLOR: '0' } }, false],
    ['FORCE_COLOR against NO_COLOR, as Node.js has it', { tty: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
    ['NO_COLOR against CLICOLOR_FORCE', { tty: false, env: { CLICOLOR_FORCE: '1', NO_COLOR: '1' } }, false],
    ['FORCE_COLOR=0 on a terminal', { tty: true, env: { FORCE_COLOR: '0' } }, false],
    ['--color always against NO_COLOR', { tty: false, when: 'always', env: { NO_COLOR: '1' } }, true],
    ['--color never on a terminal, against FORCE_COLOR', { tty: true, when: 'never', env: { FORCE_COLOR: '1' } }, false],
  ])('%s', (_, options, coloured) => {
    const { terminal } = terminalWith(options)
    expect(terminal.style('red', 'x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x')
    expect(terminal.noteStyle('red', 'x')).toBe(terminal.style('red', 'x'))
  })
})

describe('a screen obeys nobody but tally', () => {
  const NASTY = 'a\u001b[2J\u001b]0;t\u0007\u009b31m\u202eb'
  const SHOWN = 'a\\u001b[2J\\u001b]0;t\\u0007\\u009b31m\\u202eb'

  test('on a screen what slipped through is escaped, colours and line feeds stay', () => {
    const { terminal, said } = terminalWith({ tty: true })
    terminal.out(`${terminal.style('red', 'x')}\t${NASTY}`)
    terminal.outBytes(new TextEncoder().encode(`{"name":"${NASTY}"}`))
    terminal.note(NASTY)
    expect(said.out).toBe(`\u001b[31mx\u001b[39m\t${SHOWN}\n{"name":"${SHOWN}"}`)
    expect(said.err).toBe(`${SHOWN}\n`)
  })

  test('a file or pipe gets every byte', () => {
    const { terminal, said } = terminalWith()
    terminal.outBytes(new TextEncoder().encode(NASTY))
    expect(said.out).toBe(NASTY)
  })

  test('JSON stays the same JSON', () => {
    const value = { name: '\u009b31m\u{e0041}\u202e' }
    expect(JSON.parse(onScreen(JSON.stringify(value)))).toEqual(value)
  })
})

test('secrets in URLs never reach stderr', () => {
  const { terminal, said } = terminalWith()
  terminal.note('error: https://ada:hunter2@registry.example/v2/?token=abcdef refused "Bearer abcdefghijk"')
  expect(said.err).not.toMatch(/hunter2|abcdef/)
})

test('columns are what stdout has, within reason, and 80 where it has none', () => {
  expect(terminalWith({ columns: 132 }).terminal.columns).toBe(132)
  expect(terminalWith({ columns: 3 }).terminal.columns).toBe(40)
  expect(terminalWith({ columns: 9999 }).terminal.columns).toBe(200)
  expect(terminalWith().terminal.columns).toBe(80)
})

test('nobody is asked where there is no terminal, nor in CI', () => {
  expect(terminalWith().terminal.interactive).toBe(false)
  expect(terminalWith({ tty: true }).terminal.interactive).toBe(true)
  expect(terminalWith({ tty: true, env: { CI: 'true' } }).terminal.interactive).toBe(false)
})
