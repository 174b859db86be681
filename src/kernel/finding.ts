export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export type Confidence = 'low' | 'medium' | 'high'

/** A place in a text file. Lines and columns count from 1, columns in UTF-16 units; offsets count bytes of the text from 0, the end is past the last. */
export type Span = {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
}

/** What a rule says of one place. `message` never holds the secret or untrusted control characters it is about. */
export type Finding = {
  readonly rule: string
  readonly severity: Severity
  readonly confidence: Confidence
  readonly file: string
  readonly span: Span
  readonly message: string
  readonly help: string
  /** The waiver that covers it, if any: it is then shown and counted, and does not fail. */
  readonly waivedBy?: string
}

export function atLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor)
}
