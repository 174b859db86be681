import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { utf8 } from '../../kernel/bytes.ts'
import { parseLockYaml } from './block-yaml.ts'

const read = (text: string) => parseLockYaml(utf8(text), 'lock.yaml')

/** Texts that the whole YAML parser and this one must understand alike. */
const ALIKE: readonly string[] = [
  'a: b\nc:\n  d: e f\n  g: h:i\n',
  'a:\n- b\n- c: d\n  e: f\n-\n  g: h\n',
  'a: {integrity: sha512-a+/==, tarball: \'https://host.example/x.tgz\'}\nb: [x64, "arm", {c: d}]\n',
  "'@s/a@1.0.0(b@2.0.0)':\n    resolution: {}\n    optional: true\n    nothing:\n    tilde: ~\n",
  '# a comment\n\na: b # another\n"c#d": "e # f"\n  \n# the end',
  "a: 'it''s'\nb: \"tab\\tquote\\\" \\u00e4 \\x41\"\n",
  '? a very long key\n: value\n? "another"\n: b: c\n',
  'a: >-\n  folded text\n  of two lines\nb: |-\n  kept\n  lines\n',
  'PODS:\n  - "A (1.0)":\n    - B\n  - C (2.0)\n',
  '- a\n- b\n- - c\n  - d\n',
  'a:\r\n  b: c\r\n',
  'a: {}\nb: []\nc: ""\n',
  'a:\n  - b: {c: d}\n    e: [f]\n',
]

describe('the YAML of lockfiles', () => {
  it.each(ALIKE)('understands %j as a whole YAML parser does', (text) => {
    expect(read(text)).toEqual([parse(text)])
  })

  it('keeps plain scalars as they are written', () => {
    expect(read('a: 5.40\nb: 1e3\nc: 2026-01-01\nd: 0x10\ne: true\nf: null\n')).toEqual([
      { a: '5.40', b: '1e3', c: '2026-01-01', d: '0x10', e: true, f: null },
    ])
  })

  it('reads several documents', () => {
    expect(read('---\na: b\n---\nc: d\n---\n')).toEqual([{ a: 'b' }, { c: 'd' }])
    expect(read('')).toEqual([])
  })

  it('hands what is unusual to the whole parser', () => {
    expect(read('a: &x {b: c}\nd: *x\n')).toEqual([{ a: { b: 'c' }, d: { b: 'c' } }])
    expect(read('a: "over\n  two lines"\n')).toEqual([{ a: 'over two lines' }])
    expect(read('a: plain text\n  goes on\n')).toEqual([{ a: 'plain text goes on' }])
  })

  it('keeps keys of prototypes as plain data', () => {
    const [document] = read('__proto__:\n  polluted: yes\nconstructor: x\n')
    expect(Object.keys(document as object)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each([
    ['a key twice', 'a: b\na: c\n'],
    ['an alias to nothing', 'a: *x\n'],
    ['indentation by tabs', 'a:\n\tb: c\n'],
    ['a flow map without its end', 'a: {b: c\n'],
    ['a line that is neither', 'a: b\nc\n'],
    ['deeper than its neighbours', 'a: b\n    c: d\n'],
    ['nested too deep', Array.from({ length: 200 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['flow nested too deep', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['lists nested too deep', `${'- '.repeat(3000)}a`],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'artifact-malformed' }))
  })

  it('reads a text of many megabytes, of one line or of many', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => `  /a/${at}:\n    resolution: {integrity: sha512-${at}}\n`).join('')
    expect(Object.keys((read(`packages:\n${many}`)[0] as { packages: object }).packages)).toHaveLength(200_000)
    expect(read(`a: ${'b:'.repeat(1_000_000)}c`)).toEqual([{ a: `${'b:'.repeat(1_000_000)}c` }])
  })
})
