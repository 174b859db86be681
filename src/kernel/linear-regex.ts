import { fail } from './errors.ts'
import { LIMITS } from './limits.ts'

/**
 * Regular expressions in Go's syntax (RE2), matched in time linear in the text: JavaScript's own engine tries every way through
 * a pattern, which lets whoever writes the text hang it. Here a text is read once, with the set of all states at each character.
 */
export type LinearRegex = {
  readonly source: string
  /** Whether the pattern matches the whole text. */
  readonly matchesWhole: (text: string) => boolean
}

type Test = (point: number) => boolean
type Step =
  | { readonly op: 'test'; readonly test: Test }
  | { readonly op: 'split'; readonly to: readonly number[] }
  | { readonly op: 'start' | 'end' | 'match' }
type Node =
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number }

/**
 * Compiles a pattern: literals, `.`, classes, groups, `|`, `* + ? {n,m}`, `^ $ \A \z`, `\d \w \s` and escapes. What RE2 has beside
 * these (flags, `\b`, Unicode classes) is refused by name, as are patterns too large. Throws `usage`.
 */
export function compileLinearRegex(source: string, where: string): LinearRegex {
  if (source.length > LIMITS.patternChars) throw fail('usage', `is longer than the cap patternChars (${LIMITS.patternChars})`, { where })
  const program = assemble(parsePattern(source, where), where)
  return { source, matchesWhole: (text) => run(program, text) }
}

const MOST_REPEATS = 1000

function parsePattern(source: string, where: string): Node {
  const points = Array.from(source)
  let at = 0
  let depth = 0

  function refuse(why: string): Error {
    return fail('usage', `is not a pattern that can be used: ${why}`, { where })
  }

  function alternatives(): Node {
    depth += 1
    if (depth > LIMITS.jsonDepth) throw refuse('is nested too deeply')
    const parts = [sequence()]
    while (points[at] === '|') {
      at += 1
      parts.push(sequence())
    }
    depth -= 1
    return { kind: 'any', parts }
  }

  function sequence(): Node {
    const parts: Node[] = []
    for (;;) {
      const point = points[at]
      if (point === undefined || point === '|' || point === ')') return { kind: 'all', parts }
      parts.push(repeated(atom()))
    }
  }

  function repeated(part: Node): Node {
    const times = quantifier()
    if (times === undefined) return part
    // Greedy or not makes no difference to whether the whole matches.
    if (points[at] === '?') at += 1
    if (quantifier() !== undefined) throw refuse('repeats a repetition')
    return { kind: 'repeat', part, ...times }
  }

  function quantifier(): { readonly min: number; readonly max: number } | undefined {
    const point = points[at]
    if (point === '*' || point === '+' || point === '?') {
      at += 1
      return { min: point === '+' ? 1 : 0, max: point === '?' ? 1 : Infinity }
    }
    if (point !== '{') return undefined
    const counts = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(points.slice(at, at + 12).join(''))
    if (counts === null) return undefined
    at += counts[0].length
    const min = Number(counts[1])
    const max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3])
    if (min > MOST_REPEATS || (max !== Infinity && max > MOST_REPEATS) || min > max) throw refuse(`repeats ${counts[0]} times`)
    return { min, max }
  }

  function atom(): Node {
    const point = points[at] ?? ''
    at += 1
    if (point === '(') return group()
    if (point === '[') return { kind: 'test', test: characterClass() }
    if (point === '.') return { kind: 'test', test: (one) => one !== 0x0a }
    if (point === '^') return { kind: 'start' }
    if (point === '$') return { kind: 'end' }
    if (point === '*' || point === '+' || point === '?') throw refuse(`repeats nothing with \`${point}\``)
    if (point !== '\\') return literal(point)
    const escaped = points[at]
    if (escaped === 'A' || escaped === 'z') {
      at += 1
      return { kind: escaped === 'A' ? 'start' : 'end' }
    }
    return { kind: 'test', test: escape() }
  }

  function group(): Node {
    if (points[at] === '?') {
      if (points[at + 1] !== ':') throw refuse('has a `(?` group other than `(?:`')
      at += 2
    }
    const inside = alternatives()
    if (points[at] !== ')') throw refuse('has a `(` without a `)`')
    at += 1
    return inside
  }

  function characterClass(): Test {
    const negated = points[at] === '^'
    if (negated) at += 1
    const tests: Test[] = []
    for (let first = true; ; first = false) {
      const point = points[at]
      if (point === undefined) throw refuse('has a `[` without a `]`')
      if (point === ']' && !first) break
      if (point === '[' && points[at + 1] === ':') throw refuse('has a named class')
      tests.push(classMember())
    }
    at += 1
    return (one) => tests.some((test) => test(one)) !== negated
  }

  function classMember(): Test {
    const from = points[at] ?? ''
    at += 1
    if (from === '\\' && /[dDwWsS]/.test(points[at] ?? '')) return escape()
    const low = from === '\\' ? escapedPoint() : (from.codePointAt(0) ?? 0)
    const next = points[at + 1]
    if (points[at] !== '-' || next === undefined || next === ']') return (one) => one === low
    at += 2
    const high = next === '\\' ? escapedPoint() : (next.codePointAt(0) ?? 0)
    if (high < low) throw refuse('has a range that ends before it starts')
    return (one) => one >= low && one <= high
  }

  function escape(): Test {
    const test = CLASSES[points[at] ?? '']
    if (test !== undefined) {
      at += 1
      return test
    }
    const point = escapedPoint()
    return (one) => one === point
  }

  function escapedPoint(): number {
    const point = points[at]
    if (point === undefined) throw refuse('ends in a `\\`')
    at += 1
    const control = CONTROLS[point]
    if (control !== undefined) return control
    if (/[A-Za-z0-9]/.test(point)) throw refuse(`has \`\\${point}\`, which is not supported`)
    return point.codePointAt(0) ?? 0
  }

  const node = alternatives()
  if (at < points.length) throw refuse('has a `)` without a `(`')
  return node
}

const isDigit: Test = (point) => point >= 0x30 && point <= 0x39
const isWord: Test = (point) => isDigit(point) || (point >= 0x41 && point <= 0x5a) || (point >= 0x61 && point <= 0x7a) || point === 0x5f
const isSpace: Test = (point) => point === 0x20 || point === 0x09 || point === 0x0a || point === 0x0c || point === 0x0d
const not =
  (test: Test): Test =>
  (point) =>
    !test(point)
const CLASSES: Readonly<Record<string, Test>> = { d: isDigit, D: not(isDigit), w: isWord, W: not(isWord), s: isSpace, S: not(isSpace) }
const CONTROLS: Readonly<Record<string, number>> = { n: 0x0a, t: 0x09, r: 0x0d, f: 0x0c, v: 0x0b }

function literal(point: string): Node {
  const code = point.codePointAt(0)
  return { kind: 'test', test: (one) => one === code }
}

function assemble(root: Node, where: string): readonly Step[] {
  const steps: Step[] = []
  const add = (step: Step): number => {
    if (steps.length >= LIMITS.patternSteps) throw fail('usage', `is over the cap patternSteps (${LIMITS.patternSteps})`, { where })
    return steps.push(step) - 1
  }
  const put = (node: Node): void => {
    if (node.kind === 'test') add({ op: 'test', test: node.test })
    else if (node.kind === 'start' || node.kind === 'end') add({ op: node.kind })
    else if (node.kind === 'all') for (const part of node.parts) put(part)
    else if (node.kind === 'any') putAny(node.parts)
    else if (node.kind === 'repeat') putRepeat(node)
  }
  const putAny = (parts: readonly Node[]): void => {
    if (parts.length === 1) return parts.forEach(put)
    const split = add({ op: 'split', to: [] })
    const starts: number[] = []
    const ends: number[] = []
    for (const part of parts) {
      starts.push(steps.length)
      put(part)
      ends.push(add({ op: 'split', to: [] }))
    }
    steps[split] = { op: 'split', to: starts }
    for (const end of ends) steps[end] = { op: 'split', to: [steps.length] }
  }
  const putRepeat = ({ part, min, max }: Extract<Node, { kind: 'repeat' }>): void => {
    for (let n = 0; n < min; n += 1) put(part)
    if (max === Infinity) {
      const loop = add({ op: 'split', to: [] })
      put(part)
      add({ op: 'split', to: [loop] })
      steps[loop] = { op: 'split', to: [loop + 1, steps.length] }
      return
    }
    const exits: number[] = []
    for (let n = min; n < max; n += 1) {
      exits.push(add({ op: 'split', to: [] }))
      put(part)
    }
    for (const exit of exits) steps[exit] = { op: 'split', to: [exit + 1, steps.length] }
  }
  put(root)
  add({ op: 'match' })
  return steps
}

function run(program: readonly Step[], text: string): boolean {
  const points = Array.from(text, (one) => one.codePointAt(0) ?? 0)
  let states = reach(program, [0], 0, points.length)
  for (const [at, point] of points.entries()) {
    const next: number[] = []
    for (const state of states) {
      const step = program[state]
      if (step?.op === 'test' && step.test(point)) next.push(state + 1)
    }
    if (next.length === 0) return false
    states = reach(program, next, at + 1, points.length)
  }
  return states.some((state) => program[state]?.op === 'match')
}

/** Every state that is reached from these without reading a character. */
function reach(program: readonly Step[], from: readonly number[], at: number, length: number): readonly number[] {
  const seen = new Set<number>()
  const waiting = [...from]
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (seen.has(state)) continue
    seen.add(state)
    const step = program[state]
    if (step?.op === 'split') waiting.push(...step.to)
    else if ((step?.op === 'start' && at === 0) || (step?.op === 'end' && at === length)) waiting.push(state + 1)
  }
  return [...seen]
}
