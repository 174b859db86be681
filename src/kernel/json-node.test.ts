import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonNodes } from './json-node.ts'
import { yamlData, yamlGet } from './yaml-node.ts'

describe('parseJsonNodes', () => {
  it('gives values with their places', () => {
    const text = '{ "a" : [1, "x\\"y"], "b": {} }'
    const root = parseJsonNodes(text, 'f', 'config-invalid')
    const list = yamlGet(root, 'a')
    const item = list?.kind === 'list' ? list.items[1] : undefined
    expect(text.slice(item?.start, item?.end)).toBe('"x\\"y"')
    expect(text.slice(root.start, root.end)).toBe(text)
  })

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = ` ${JSON.stringify(value, null, indent)}\n`
        // Compared as text: -0 is written as 0, and __proto__ is a key like any other.
        expect(JSON.stringify(yamlData(parseJsonNodes(text, 'f', 'config-invalid')))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  it.each(['', '{', '{"a":}', '[1,]', `${'['.repeat(200)}${']'.repeat(200)}`])('refuses %.20j', (text) => {
    expect(() => parseJsonNodes(text, 'f', 'config-invalid')).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })
})
