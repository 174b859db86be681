import { overLimit, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'

/** An element: its name without a prefix, its attributes, its text (trimmed, that of its children not counted), its children. */
export type XmlElement = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
  readonly children: readonly XmlElement[]
}

type Open = { name: string; attributes: Map<string, string>; parts: string[]; children: XmlElement[] }

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const BOM = '\ufeff'

/**
 * Reads the XML that build tools write. A document type is passed over whole and no entity but the five predefined ones and numbers is
 * known, so nothing expands and nothing outside is read. In: bytes in UTF-8 (byte order mark allowed), what they are called. Out:
 * the root. Throws `artifact-malformed`, and `limit-exceeded` past xmlNodes; nesting is bounded by jsonDepth.
 */
export function parseXml(bytes: Uint8Array, where: string): XmlElement {
  const decoded = textOf(bytes, 'artifact-malformed', where)
  const text = decoded.startsWith(BOM) ? decoded.slice(1) : decoded
  const refuse = (why: string, at: number): Error => fail('artifact-malformed', `is not XML: ${why} (at character ${at})`, { where })
  const stack: Open[] = []
  let root: XmlElement | undefined
  let nodes = 0
  let at = 0

  const close = (open: Open): void => {
    const element = { name: open.name, attributes: open.attributes, text: open.parts.join('').trim(), children: open.children }
    const parent = stack.at(-1)
    if (parent !== undefined) parent.children.push(element)
    else if (root === undefined) root = element
    else throw refuse('it has more than one root', at)
  }
  const skipTo = (mark: string, from: number, what: string): number => {
    const end = text.indexOf(mark, from)
    if (end === -1) throw refuse(`${what} does not end`, at)
    return end
  }

  while (at < text.length) {
    if (text[at] !== '<') {
      const next = text.indexOf('<', at)
      const end = next === -1 ? text.length : next
      stack.at(-1)?.parts.push(decode(text.slice(at, end)))
      at = end
    } else if (text.startsWith('<!--', at)) at = skipTo('-->', at + 4, 'a comment') + 3
    else if (text.startsWith('<![CDATA[', at)) {
      const end = skipTo(']]>', at, 'a literal text')
      stack.at(-1)?.parts.push(text.slice(at + 9, end))
      at = end + 3
    } else if (text.startsWith('<?', at)) at = skipTo('?>', at, 'an instruction') + 2
    else if (text.startsWith('<!', at)) at = endOfDoctype(text, at, skipTo)
    else if (text.startsWith('</', at)) {
      const end = skipTo('>', at, 'a closing tag')
      const open = stack.pop()
      if (open === undefined || open.name !== localName(text.slice(at + 2, end).trim())) throw refuse('a tag closes what is not open', at)
      close(open)
      at = end + 1
    } else {
      nodes += 1
      if (nodes > LIMITS.xmlNodes) throw overLimit('xmlNodes', LIMITS.xmlNodes, where)
      if (stack.length >= LIMITS.jsonDepth) throw refuse(`it is nested deeper than jsonDepth (${LIMITS.jsonDepth})`, at)
      const tag = readTag(text, at)
      if (tag === undefined) throw refuse('a tag is broken', at)
      const open = { name: tag.name, attributes: tag.attributes, parts: [], children: [] }
      if (tag.empty) close(open)
      else stack.push(open)
      at = tag.end
    }
  }
  if (stack.length > 0) throw refuse('it ends inside of an element', text.length)
  if (root === undefined) throw refuse('it has no element', 0)
  return root
}

/** The first child of a name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name)
}

/** The text of the first child of a name; empty when there is none. */
export function childText(element: XmlElement | undefined, name: string): string {
  return childOf(element, name)?.text ?? ''
}

/** Every child of a name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? []
}

type Tag = { readonly name: string; readonly attributes: Map<string, string>; readonly empty: boolean; readonly end: number }

function readTag(text: string, start: number): Tag | undefined {
  const name = /[^\s/>=]+/y
  const space = /\s*/y
  const match = (pattern: RegExp, from: number): string => {
    pattern.lastIndex = from
    return pattern.exec(text)?.[0] ?? ''
  }
  const tagName = match(name, start + 1)
  const attributes = new Map<string, string>()
  let at = start + 1 + tagName.length
  for (;;) {
    at += match(space, at).length
    if (text[at] === '>') return tagName === '' ? undefined : { name: localName(tagName), attributes, empty: false, end: at + 1 }
    if (text.startsWith('/>', at)) return tagName === '' ? undefined : { name: localName(tagName), attributes, empty: true, end: at + 2 }
    const key = match(name, at)
    at += key.length
    at += match(space, at).length
    if (key === '' || text[at] !== '=') return undefined
    at += 1 + match(space, at + 1).length
    const quote = text[at]
    const end = quote === '"' || quote === "'" ? text.indexOf(quote, at + 1) : -1
    if (end === -1) return undefined
    attributes.set(localName(key), decode(text.slice(at + 1, end)))
    at = end + 1
  }
}

/** A document type may hold declarations in brackets, which are passed over with it. */
function endOfDoctype(text: string, at: number, skipTo: (mark: string, from: number, what: string) => number): number {
  const end = skipTo('>', at, 'a declaration')
  const bracket = text.indexOf('[', at)
  if (bracket === -1 || bracket > end) return end + 1
  return skipTo('>', skipTo(']', bracket, 'a declaration'), 'a declaration') + 1
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return PREDEFINED[name] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return Number.isInteger(code) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
  })
}
