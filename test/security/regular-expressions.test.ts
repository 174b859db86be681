import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { parseSync } from 'oxc-parser'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../support/sample-project.ts'

/**
 * Whether any regular expression of the program takes longer than in proportion to its text: each is given long runs of what stands in
 * itself, which must be over in a thousandth of the time that a square of the length takes.
 */
const LENGTH = 60_000
const BUDGET_MS = 1000

/** Given texts of our own only. */
const OWN_TEXTS: ReadonlySet<string> = new Set(['src/cli/help.ts'])

type Found = { readonly file: string; readonly pattern: string; readonly flags: string }

function expressionsOf(file: string): Found[] {
  const text = readFileSync(join(REPOSITORY, file), 'utf8')
  const found: Found[] = []
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    if ('regex' in node && node.regex !== null && typeof node.regex === 'object') {
      const { pattern, flags } = node.regex as { pattern: string; flags: string }
      found.push({ file, pattern, flags: flags.replace('g', '') })
    }
    for (const part of Object.values(node)) visit(part)
  }
  visit(parseSync(file, text).program)
  return found
}

/** Characters and words that stand in an expression, and those every class is made of. */
function pumpsOf(pattern: string): string[] {
  const literal = [...new Set(pattern.replaceAll(/\\[a-zA-Z]|[\\^$.*+?()[\]{}|]/g, ''))].slice(0, 10)
  const words = (pattern.match(/[A-Za-z@:"'<>=/-]{2,}/g) ?? []).slice(0, 4)
  return [
    ...new Set([...literal, ...words, 'a', '0', ' ', '\n', '.', '/', literal.slice(0, 2).join(''), literal.slice(-2).join('')]),
  ].filter(Boolean)
}

/** Tells expressions that are slow. Each runs in a context that can be stopped. */
function startTrial(): (found: Found) => boolean {
  const context = createContext({ pattern: '', flags: '', text: '' })
  return ({ pattern, flags }) => {
    const [start = ''] = pattern.match(/[A-Za-z@:"'<>=/-]{2,}/g) ?? []
    return pumpsOf(pattern).some((pump) => {
      Object.assign(context, { pattern, flags, text: `${start}${pump.repeat(Math.ceil(LENGTH / pump.length))}\u0001` })
      try {
        runInContext('new RegExp(pattern, flags).test(text)', context, { timeout: BUDGET_MS })
        return false
      } catch (error) {
        if (String(error).includes('timed out')) return true
        throw error
      }
    })
  }
}

test('no regular expression is slow by a text made to hang it', { timeout: 120_000 }, () => {
  const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|fixture|\/test-/.test(path))
    .map((path) => `src/${path}`)
  const expressions = files.filter((file) => !OWN_TEXTS.has(file)).flatMap(expressionsOf)
  expect(expressions.length).toBeGreaterThan(500)
  expect(expressions.filter(startTrial())).toEqual([])
})

test('such a text is found to hang one that is not linear', () => {
  const isSlow = startTrial()
  expect(isSlow({ file: '', pattern: '\\s+$', flags: '' })).toBe(true)
  expect(isSlow({ file: '', pattern: '\\d+,x', flags: '' })).toBe(true)
  expect(isSlow({ file: '', pattern: '^\\s{1,40}=', flags: 'm' })).toBe(false)
})
