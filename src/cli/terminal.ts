import { styleText } from 'node:util'
import { redact } from '../kernel/redact.ts'
import { jsonSafeText } from '../kernel/text.ts'
import type { Output } from './output.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'underline'

/** Where results and messages go. Everything that is not written by tally itself passes `safeText` first. */
export type Terminal = {
  /** The result: stdout. */
  readonly out: (text: string) => void
  /** The result as bytes (evidence, SBOMs): stdout, unchanged. */
  readonly outBytes: (bytes: Uint8Array) => void
  /** Progress, warnings, errors: stderr. Redacted and escaped. */
  readonly note: (text: string) => void
  /** Styles text for stdout; plain when stdout has no colour. */
  readonly style: (style: Style, text: string) => string
  /** Styles text for stderr. */
  readonly noteStyle: (style: Style, text: string) => string
  /** Columns of stdout; 80 when unknown. */
  readonly columns: number
  /** Whether stdout is looked at, and not read by a program. */
  readonly isScreen: boolean
  /** Whether a person can be asked. */
  readonly interactive: boolean
}

export type Streams = {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: { isTTY?: boolean }
}

/** A terminal over process streams. `when` is --color; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are heard when it is `auto`. */
export function openTerminal(streams: Streams, when: string, env: Readonly<Record<string, string | undefined>>): Terminal {
  const painter = (isTerminal: boolean) => {
    const on = wantsColor(when, isTerminal, env)
    return (style: Style, text: string): string => (on ? styleText(style, text, { validateStream: false }) : text)
  }
  return {
    out: (text) => streams.stdout.write(forScreen(streams.stdout, text.endsWith('\n') ? text : `${text}\n`)),
    outBytes: (bytes) => streams.stdout.write(streams.stdout.isTTY === true ? onScreen(new TextDecoder().decode(bytes)) : bytes),
    note: (text) => streams.stderr.write(forScreen(streams.stderr, `${redact(text)}\n`)),
    style: painter(streams.stdout.isTTY === true),
    noteStyle: painter(streams.stderr.isTTY === true),
    columns: Math.max(40, Math.min(streams.stdout.columns ?? 80, 200)),
    isScreen: streams.stdout.isTTY === true,
    // Asked only where it matters: to know it opens stdin.
    get interactive() {
      return streams.stdin.isTTY === true && streams.stderr.isTTY === true && !isSet(env['CI'])
    },
  }
}

function forScreen(stream: Output, text: string): string {
  return stream.isTTY === true ? onScreen(text) : text
}

/**
 * The last net before a screen, behind the escaping of every renderer and for bytes that are shown as they are: what a terminal
 * obeys, other than line feeds, tabs and colours, becomes a JSON escape. Files and pipes get every byte.
 */
export function onScreen(text: string): string {
  return text
    .split(/(\u001b\[[0-9;]{0,20}m|[\n\t])/)
    .map((part, at) => (at % 2 === 1 ? part : jsonSafeText(part)))
    .join('')
}

function wantsColor(when: string, isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (when === 'always') return true
  if (when === 'never') return false
  // Before NO_COLOR, as Node.js has it.
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0'
  if (isSet(env['NO_COLOR'])) return false
  if (isSet(env['CLICOLOR_FORCE']) && env['CLICOLOR_FORCE'] !== '0') return true
  return isTerminal && env['TERM'] !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
