import { describe, expect, it } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { parseJsonc } from './jsonc.ts'

const read = (text: string) => parseJsonc(utf8(text), 'file.jsonc', 'lockfileBytes')

describe('JSON with comments', () => {
  it.each([
    ['{"a": 1, // one\n "b": [1, 2, /* two */], /* three */ }', { a: 1, b: [1, 2] }],
    ['{"a": "// no, /* comment */,]", "b": "\\",}"}', { a: '// no, /* comment */,]', b: '",}' }],
    ['[\n  [\n  ],\n]\n// the end', [[]]],
    ['/* first */ {}', {}],
    ['{"a": {"b": [],},\t}', { a: { b: [] } }],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it.each(['[,]x', '[1,,]', '{"a" 1}', '/* open', '{"a": "', '{,,}', '[1] // x\n2'])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'artifact-malformed' }))
  })

  it('does not take long for many slashes and commas', () => {
    expect(() => read(`[${'/**/'.repeat(300_000)}`)).toThrow(/JSON/)
    expect(() => read(`[1${',\n'.repeat(500_000)}`)).toThrow(/JSON/)
  })
})
