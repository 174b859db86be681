/** One way a server offers to be told who asks (RFC 9110, section 11.6.1). Names in lower case, the first of equal ones counts. */
export type Challenge = { readonly scheme: string; readonly params: Readonly<Record<string, string>> }

const SKIP = /[\s,]*/y
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const EQUALS = /[ \t]*=[ \t]*/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y
const LONGEST = 8192

/** Reads a WWW-Authenticate header with any number of challenges. What cannot be read ends the list; nothing is thrown. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; params: Record<string, string> }[] = []
  const text = header.slice(0, LONGEST)
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match
  }
  for (;;) {
    take(SKIP)
    const name = take(TOKEN)?.[0].toLowerCase()
    if (name === undefined) return challenges
    if (take(EQUALS) === undefined) {
      challenges.push({ scheme: name, params: Object.create(null) as Record<string, string> })
      continue
    }
    const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(TOKEN)?.[0]
    const current = challenges.at(-1)
    if (value === undefined || current === undefined) return challenges
    current.params[name] ??= value
  }
}
