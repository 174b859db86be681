/** An image a Dockerfile is built from; `final` when what is shipped stands on it. */
export type BaseImage = { readonly image: string; readonly final: boolean }

export type Bases = {
  readonly images: readonly BaseImage[]
  /** Whether an image is named by an argument that only the build knows. */
  readonly unknown: boolean
}

/**
 * Reads which images a Dockerfile stands on and copies from (Dockerfile reference, FROM, COPY --from, RUN --mount). Arguments are replaced
 * by their defaults; a name without one is unknown. Heredocs, comments and continued lines are heeded.
 */
export function readBases(text: string): Bases {
  /** Of each stage the earlier one it stands on, or -1. */
  const bases: number[] = []
  const named = new Map<string, number>()
  const defaults = new Map<string, string>()
  const used: { readonly image: string; readonly stage: number }[] = []
  let unknown = false
  const stageOf = (name: string): number =>
    /^\d{1,6}$/.test(name) && Number(name) < bases.length ? Number(name) : (named.get(name.toLowerCase()) ?? -1)
  for (const { keyword, words } of instructionsOf(text)) {
    const plain = words.filter((word) => !word.startsWith('--'))
    if (keyword === 'ARG' && bases.length === 0) for (const word of plain) setDefault(defaults, word)
    else if (keyword === 'FROM') {
      const base = expand(plain[0] ?? '', defaults)
      const stage = base === undefined ? -1 : (named.get(base.toLowerCase()) ?? -1)
      if (base === undefined) unknown = true
      else if (stage === -1 && base !== 'scratch' && base !== '') used.push({ image: base, stage: bases.length })
      if (plain[1]?.toUpperCase() === 'AS' && plain[2] !== undefined) named.set(plain[2].toLowerCase(), bases.length)
      bases.push(stage)
    } else if (keyword === 'COPY' || keyword === 'ADD' || keyword === 'RUN') {
      for (const raw of fromFlags(words)) {
        const image = expand(raw, defaults)
        if (image === undefined) unknown = true
        // What is copied comes into the stage, but the stage does not stand on it.
        else if (image !== '' && stageOf(image) === -1) used.push({ image, stage: -1 })
      }
    }
  }
  const under = new Set<number>()
  for (let at = bases.length - 1; at >= 0; at = bases[at] ?? -1) under.add(at)
  return { images: used.map(({ image, stage }) => ({ image, final: under.has(stage) })), unknown }
}

function fromFlags(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    if (word.startsWith('--from=')) return [word.slice('--from='.length)]
    if (!word.startsWith('--mount=')) return []
    const from = word
      .slice('--mount='.length)
      .split(',')
      .find((part) => part.startsWith('from='))
    return from === undefined ? [] : [from.slice('from='.length)]
  })
}

type Instruction = { readonly keyword: string; readonly words: readonly string[] }

function* instructionsOf(text: string): Generator<Instruction> {
  const lines = text.split(/\r?\n/)
  const escape = /^#\s*escape\s*=\s*`\s*$/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\'
  for (let at = 0; at < lines.length; at += 1) {
    const parts: string[] = []
    for (; at < lines.length; at += 1) {
      const line = (lines[at] ?? '').trim()
      if (line.startsWith('#') || (line === '' && parts.length > 0)) continue
      if (!line.endsWith(escape)) {
        parts.push(line)
        break
      }
      parts.push(line.slice(0, -1))
    }
    const [keyword = '', ...words] = parts
      .join(' ')
      .split(/\s+/)
      .filter((word) => word !== '')
    if (keyword === '') continue
    yield { keyword: keyword.toUpperCase(), words }
    for (const word of words) {
      const mark = /^<<-?["']?([A-Za-z_][\w-]*)["']?$/.exec(word)?.[1]
      if (mark === undefined) continue
      at += 1
      while (at < lines.length && lines[at]?.trim() !== mark) at += 1
    }
  }
}

function setDefault(defaults: Map<string, string>, word: string): void {
  const equals = word.indexOf('=')
  if (equals > 0) defaults.set(word.slice(0, equals), word.slice(equals + 1).replace(/^(["'])(.*)\1$/, '$2'))
}

/** `$NAME`, `${NAME}`, `${NAME:-other}`. Undefined when a name has no value. */
function expand(word: string, defaults: ReadonlyMap<string, string>): string | undefined {
  let isKnown = true
  const text = word.replace(
    /\$(?:\{(\w{1,100})(?::?-([^}]{0,300}))?\}|(\w{1,100}))/g,
    (_, braced: string | undefined, other: string | undefined, bare: string) => {
      const value = defaults.get(braced ?? bare) ?? other
      if (value === undefined) isKnown = false
      return value ?? ''
    },
  )
  return isKnown && !text.includes('$') ? text.replace(/^(["'])(.*)\1$/, '$2') : undefined
}
