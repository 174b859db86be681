/** A word of an instruction with its place; line continuations inside it are already taken out of `text`. */
export type DockerWord = { readonly text: string; readonly start: number; readonly end: number }

export type DockerInstruction = {
  /** Upper-case: FROM, USER, … */
  readonly keyword: string
  readonly words: readonly DockerWord[]
  readonly start: number
  readonly end: number
}

const DOCKERFILE = /^(?:.*\/)?(?:(?:dockerfile|containerfile)(?:\.[^/]+)?|[^/]+\.(?:dockerfile|containerfile))$/i

/** Whether a path is a Dockerfile by its name. */
export function isDockerfile(path: string): boolean {
  return DOCKERFILE.test(path) && !/\.(?:dockerignore|md|txt)$/i.test(path)
}

const MAX_INSTRUCTIONS = 20_000
const DIRECTIVE = /^#\s*escape\s*=\s*([\\`])\s*$/i
const HEREDOC = /<<-?(["']?)([A-Za-z_][A-Za-z0-9_]*)\1/g

/**
 * Splits a Dockerfile into instructions (Dockerfile reference, "Format"): comment and empty lines left out, also between
 * continued lines; the `escape` directive; heredocs of RUN, COPY and ADD passed over. Never fails: what is no instruction is
 * one with an odd keyword.
 */
export function parseDockerfile(text: string): readonly DockerInstruction[] {
  const lines = linesOf(text)
  const escape = escapeOf(lines)
  const instructions: DockerInstruction[] = []
  let at = 0
  while (at < lines.length && instructions.length < MAX_INSTRUCTIONS) {
    const line = lines[at]
    at += 1
    if (line === undefined || isPassedOver(line.text)) continue
    const parts = [line]
    while (continues(parts.at(-1)?.text ?? '', escape) && at < lines.length) {
      const next = lines[at]
      at += 1
      if (next !== undefined && !isPassedOver(next.text)) parts.push(next)
    }
    const instruction = readInstruction(parts, escape)
    if (instruction === undefined) continue
    instructions.push(instruction)
    for (const end of heredocsOf(instruction, parts)) at = skipHeredoc(lines, at, end)
  }
  return instructions
}

type Line = { readonly text: string; readonly start: number }

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    lines.push({ text: text.slice(start, end).replace(/\r$/, ''), start })
    start = end + 1
  }
  return lines
}

/** The directive counts only in the comments at the very top. */
function escapeOf(lines: readonly Line[]): string {
  for (const line of lines) {
    if (!line.text.startsWith('#')) break
    const found = DIRECTIVE.exec(line.text)?.[1]
    if (found !== undefined) return found
  }
  return '\\'
}

function isPassedOver(line: string): boolean {
  const trimmed = line.trimStart()
  return trimmed === '' || trimmed.startsWith('#')
}

function continues(line: string, escape: string): boolean {
  return line.trimEnd().endsWith(escape)
}

function readInstruction(parts: readonly Line[], escape: string): DockerInstruction | undefined {
  const words: { text: string; start: number; end: number }[] = []
  let open = false
  for (const [index, part] of parts.entries()) {
    const whole = part.text.trimEnd()
    const body = continues(part.text, escape) && index < parts.length ? whole.slice(0, -escape.length) : whole
    for (let at = 0; at < body.length; at += 1) {
      const space = body[at] === ' ' || body[at] === '\t'
      const last = words.at(-1)
      if (space) open = false
      else if (open && last !== undefined) {
        last.text += body[at] ?? ''
        last.end = part.start + at + 1
      } else {
        words.push({ text: body[at] ?? '', start: part.start + at, end: part.start + at + 1 })
        open = true
      }
    }
  }
  const [keyword, ...rest] = words
  if (keyword === undefined) return undefined
  return { keyword: keyword.text.toUpperCase(), words: rest, start: keyword.start, end: words.at(-1)?.end ?? keyword.end }
}

function heredocsOf(instruction: DockerInstruction, parts: readonly Line[]): readonly string[] {
  if (!['RUN', 'COPY', 'ADD'].includes(instruction.keyword)) return []
  return parts.flatMap((part) => [...part.text.matchAll(HEREDOC)].map((match) => match[2] ?? ''))
}

function skipHeredoc(lines: readonly Line[], from: number, end: string): number {
  for (let at = from; at < lines.length; at += 1) if (lines[at]?.text.replace(/^\t+/, '') === end) return at + 1
  // Without an end it is no heredoc (a `<<` inside quotes): nothing is passed over, or the rest of the file would hide in it.
  return from
}
