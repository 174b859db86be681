import { redact } from '../kernel/redact.ts'
import { safeText, shorten } from '../kernel/text.ts'

const KEPT_BYTES = 16 * 1024
const SHOWN_LINES = 4
const SHOWN_WIDTH = 200
const SECRET_LENGTH = 4

/** Keeps the end of a program's output, to say how it ended. */
export type OutputTail = {
  readonly add: (bytes: Uint8Array) => void
  /** Its last lines on one line, redacted, `secrets` taken out, safe to print. Empty when there was no output. */
  readonly lastLines: (secrets: readonly string[]) => string
}

export function keepTail(): OutputTail {
  let kept = Buffer.alloc(0)
  return {
    add: (bytes) => {
      const joined = Buffer.concat([kept, bytes])
      kept = joined.subarray(Math.max(0, joined.byteLength - KEPT_BYTES))
    },
    lastLines: (secrets) => {
      let text = kept.toString('utf8')
      for (const secret of secrets) if (secret.length >= SECRET_LENGTH) text = text.replaceAll(secret, '[redacted]')
      const lines = text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
      return lines
        .slice(-SHOWN_LINES)
        .map((line) => shorten(safeText(redact(line)), SHOWN_WIDTH))
        .join(' | ')
    },
  }
}
