import { describe, expect, it } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { fuzz } from '../fuzz-fixture.ts'
import { childOf, childText, childrenOf, parseXml } from './xml.ts'

function read(text: string) {
  return parseXml(utf8(text), 'test.xml')
}

describe('XML', () => {
  it('is read as elements, attributes and text', () => {
    const root = read(
      `\ufeff<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "boom"> ]>\n<m:a xmlns:m='urn:x' m:k = "&quot;v&#x41;&#66;"><!-- <b> --><b> one &amp; <c/>two </b><b/><d><![CDATA[<raw> & ]]></d></m:a>`,
    )
    expect(root.name).toBe('a')
    expect(root.attributes.get('k')).toBe('"vAB')
    expect(childText(root, 'b')).toBe('one & two')
    expect(childOf(childOf(root, 'b'), 'c')).toMatchObject({ name: 'c', children: [] })
    expect(childrenOf(root, 'b')).toHaveLength(2)
    expect(childText(root, 'd')).toBe('<raw> &')
    expect(childText(root, 'gone')).toBe('')
  })

  it('expands nothing that the document itself defines', () => {
    expect(read('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;&xx;&#xd800;&#1114112;</a>').text).toBe(
      '&x;&xx;&#xd800;&#1114112;',
    )
  })

  it.each([
    ['', /has no element/],
    ['text', /has no element/],
    ['<a>', /ends inside of an element/],
    ['<a></b>', /closes what is not open/],
    ['</a>', /closes what is not open/],
    ['<a/><b/>', /more than one root/],
    ['<a b>', /a tag is broken/],
    ['<a b=c>', /a tag is broken/],
    ['<a b="c>', /a tag is broken/],
    ['<>', /a tag is broken/],
    ['<a><!-- ', /a comment does not end/],
    ['<!DOCTYPE a [', /a declaration does not end/],
    ['<a>'.repeat(1000), /nested deeper/],
    ['\u0000<a', /a tag is broken/],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('is bounded in its elements and linear in its length', () => {
    expect(() => read(`<a>${'<b/>'.repeat(300_000)}</a>`)).toThrow(/xmlNodes/)
    expect(read(`<a>${'&'.repeat(500_000)}</a>`).text).toHaveLength(500_000)
    expect(() => read(`<a ${'b '.repeat(200_000)}`)).toThrow(/a tag is broken/)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const sample = utf8('<?xml version="1.0"?><!DOCTYPE a><a k="v"><!-- c --><b>&lt;one&#65;</b><c/><d><![CDATA[x]]></d></a>')
    const outcome = await fuzz([sample], (bytes) => parseXml(bytes, 'fuzz'))
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
    expect(outcome.refused).toBeGreaterThan(500)
  })
})
