import { describe, expect, it } from 'vitest'
import { utf8 } from './bytes.ts'
import { TallyError } from './errors.ts'
import { parseYamlNodes, placeText, yamlData, yamlEntry, yamlGet, yamlString } from './yaml-node.ts'
import type { YamlText } from './yaml-node.ts'

const parse = (text: string): YamlText => parseYamlNodes(utf8(text), 'f.yaml', { code: 'config-invalid', limitName: 'configBytes' })

function refusal(text: string): TallyError {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof TallyError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('parseYamlNodes', () => {
  it('gives values with their places', () => {
    const yaml = parse('a: 1\nb:\n  - x\n  - "y z"\n')
    const [root] = yaml.documents
    const second = yamlGet(root, 'b')
    const item = second?.kind === 'list' ? second.items[1] : undefined
    expect(yamlString(item)).toBe('y z')
    expect(placeText('f', yaml.lines, item?.start ?? 0)).toBe('f:4:5')
    expect(yaml.text.slice(item?.start, item?.end)).toBe('"y z"')
    expect(yamlEntry(root, 'b')?.keyRange).toEqual({ start: 5, end: 6 })
    expect(root === undefined ? null : yamlData(root)).toEqual({ a: 1, b: ['x', 'y z'] })
  })

  it('puts an alias where it is used, at the place of what it stands for', () => {
    const root = parse('a: &x [1, 2]\nb: *x\n').documents[0]
    expect(root === undefined ? null : yamlData(root)).toEqual({ a: [1, 2], b: [1, 2] })
  })

  it('keeps __proto__ plain, and `on` a text', () => {
    const root = parse('__proto__: { x: 1 }\non: push\n').documents[0]
    const data = (root === undefined ? null : yamlData(root)) as Record<string, unknown>
    expect(Object.keys(data)).toEqual(['__proto__', 'on'])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })

  it('names a key that is a list or a map by its text', () => {
    const root = parse('a: {{ placeholder }}\n').documents[0]
    expect(root === undefined ? null : yamlData(root)).toEqual({ a: { '{ placeholder }': null } })
  })

  it('reads several documents, and none', () => {
    expect(parse('a\n---\nb\n').documents.map(yamlData)).toEqual(['a', 'b'])
    expect(parse('# nothing\n').documents).toEqual([])
  })

  it.each([
    ['a: 1\nb: 2\na: 3\n', 'f.yaml:3:1', 'the key "a" twice'],
    ['a: [1, 2\n', 'f.yaml:2:1', 'is not YAML'],
    ['a: !mine 1\n', 'f.yaml:1:4', 'tag'],
    ['a: *nothing\n', 'f.yaml:1:4', 'alias'],
    ['a: &a [*a]\n', 'f.yaml:1:8', 'alias'],
  ])('refuses %j at %s', (text, where, message) => {
    const error = refusal(text)
    expect(error.message).toContain(message)
    expect(error.where).toBe(where)
  })

  it.each([
    ['deep lists', `${'['.repeat(5000)}${']'.repeat(5000)}`, /nested deeper|not YAML/],
    ['deep maps', `${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`, /nested deeper|not YAML/],
    ['deep dashes', `${'- '.repeat(5000)}x`, /nested deeper|not YAML/],
    ['many values', `[${'x,'.repeat(200_001)}]`, /yamlNodes/],
    ['too many bytes', 'x'.repeat(1024 * 1024 + 1), /configBytes/],
  ])('stops at its caps: %s', (_what, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  it('refuses bytes that are no text', () => {
    expect(() => parseYamlNodes(new Uint8Array([0xff, 0xfe]), 'f', { code: 'config-invalid', limitName: 'configBytes' })).toThrow('UTF-8')
  })
})
