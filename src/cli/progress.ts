import { safeText } from '../kernel/text.ts'
import type { LogLevel } from '../kernel/deps.ts'
import type { Flags } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Progress and warnings on stderr: `-q` leaves warnings only, `-v` adds what is for debugging. */
export function progressLog(terminal: Terminal, flags: Flags): (level: LogLevel, message: string) => void {
  return (level, message) => {
    if (level === 'debug' && !flags.on('verbose')) return
    if (level === 'info' && flags.on('quiet')) return
    const text = safeText(message)
    terminal.note(level === 'warn' ? `${terminal.noteStyle('yellow', 'warning')}: ${text}` : terminal.noteStyle('dim', text))
  }
}
