import { createHash } from 'node:crypto'
import { concatBytes, textOf, utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'

/** A commit or tag as git stores it: the bytes after the object's header. */
export type GitObject = { readonly type: 'commit' | 'tag'; readonly id: string; readonly bytes: Uint8Array }

/** How git signs, by the first line of the signature. */
export type GitSignatureForm = 'ssh' | 'openpgp' | 'x509'

/** What of a commit or tag is signed, and by what. */
export type SignedObject = {
  /** The very bytes the signature is over. */
  readonly payload: Uint8Array
  /** Undefined when there is none. */
  readonly signature?: { readonly form: GitSignatureForm; readonly text: string }
  /** Who it says made it, and when (seconds since 1970): a claim of the signed bytes. */
  readonly maker: { readonly name: string; readonly email: string; readonly seconds: number }
  /** What a tag names: another object's id and type. */
  readonly names?: { readonly id: string; readonly type: string; readonly tag: string }
}

const FORMS: Readonly<Record<string, GitSignatureForm>> = {
  '-----BEGIN SSH SIGNATURE-----': 'ssh',
  '-----BEGIN PGP SIGNATURE-----': 'openpgp',
  '-----BEGIN PGP MESSAGE-----': 'openpgp',
  '-----BEGIN SIGNED MESSAGE-----': 'x509',
}

/**
 * Takes a commit or tag apart from its raw bytes, strictly: every header git writes at most once stands there at most once, since what
 * one reader takes from the first and another from the second could be signed by somebody else (CVE-2026-44309). The id is worked
 * out anew. Throws `evidence-malformed`, and `digest-mismatch` when the bytes are not those of the id.
 */
export function readSignedObject(object: GitObject): SignedObject {
  const hash = object.id.length === 64 ? 'sha256' : 'sha1'
  const id = createHash(hash).update(`${object.type} ${object.bytes.byteLength}\0`).update(object.bytes).digest('hex')
  if (id !== object.id) throw fail('digest-mismatch', `has bytes of the id ${id}`, { where: `git object ${object.id}` })
  return object.type === 'commit' ? readCommit(object) : readTag(object)
}

type Header = { readonly name: string; readonly value: string; readonly from: number; readonly to: number }

const COMMIT_ONCE = ['tree', 'author', 'committer', 'gpgsig', 'gpgsig-sha256', 'encoding']
const TAG_ONCE = ['object', 'type', 'tag', 'tagger', 'gpgsig', 'gpgsig-sha256']

function readCommit({ bytes, id }: GitObject): SignedObject {
  const where = `commit ${id.slice(0, 12)}`
  const { headers } = readHeaders(bytes, COMMIT_ONCE, where)
  const one = (name: string): string | undefined => headers.find((header) => header.name === name)?.value
  if (one('tree') === undefined || headers[0]?.name !== 'tree') throw malformed(where, 'does not begin with a tree')
  // A repository of SHA-256 names signs in a header of its own; both are left out of what is signed.
  const own = id.length === 64 ? 'gpgsig-sha256' : 'gpgsig'
  const left = headers.filter(({ name }) => name === 'gpgsig' || name === 'gpgsig-sha256')
  const signature = one(own)
  return {
    payload: without(bytes, left),
    maker: makerOf(one('committer'), where),
    ...(signature === undefined ? {} : { signature: { form: formOf(signature, where), text: `${signature}\n` } }),
  }
}

function readTag({ bytes, id }: GitObject): SignedObject {
  const where = `tag ${id.slice(0, 12)}`
  const { headers, end } = readHeaders(bytes, TAG_ONCE, where)
  const one = (name: string): string => headers.find((header) => header.name === name)?.value ?? ''
  const names = { id: one('object'), type: one('type'), tag: one('tag') }
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(names.id)) throw malformed(where, 'does not name an object')
  if (headers.some(({ name }) => name.startsWith('gpgsig')))
    throw malformed(where, 'has its signature in a header, where a tag has it at its end')
  const message = textOf(bytes.subarray(end), 'evidence-malformed', where)
  const start = lastSignature(message)
  const maker = makerOf(one('tagger'), where)
  if (start === undefined) return { payload: bytes, maker, names }
  const text = message.slice(start)
  const payload = bytes.subarray(0, end + utf8(message.slice(0, start)).byteLength)
  return { payload, maker, names, signature: { form: formOf(text.split('\n')[0] ?? '', where), text } }
}

/** Where the last signature of a message begins, at the start of a line: git takes everything from there. */
function lastSignature(message: string): number | undefined {
  let found: number | undefined
  for (let at = 0; at < message.length; at = message.indexOf('\n', at) + 1) {
    const end = message.indexOf('\n', at)
    const line = message.slice(at, end === -1 ? message.length : end)
    if (Object.hasOwn(FORMS, line)) found = at
    if (end === -1) break
  }
  return found
}

/** The headers of an object: `name value` a line, continued by lines that begin with a space, ended by an empty line. */
function readHeaders(
  bytes: Uint8Array,
  once: readonly string[],
  where: string,
): { readonly headers: readonly Header[]; readonly end: number } {
  const headers: Header[] = []
  const seen = new Set<string>()
  for (let at = 0; ;) {
    const { line, next } = lineAt(bytes, at, where)
    if (line === '') return { headers, end: next }
    const last = headers.at(-1)
    if (line.startsWith(' ')) {
      if (last === undefined) throw malformed(where, 'begins with the middle of a header')
      headers[headers.length - 1] = { ...last, value: `${last.value}\n${line.slice(1)}`, to: next }
    } else {
      const space = line.indexOf(' ')
      if (space < 1) throw malformed(where, 'has a header without a value')
      const name = line.slice(0, space)
      if (seen.has(name) && once.includes(name)) throw malformed(where, `has the header \`${name}\` twice`)
      seen.add(name)
      headers.push({ name, value: line.slice(space + 1), from: at, to: next })
    }
    at = next
  }
}

function lineAt(bytes: Uint8Array, at: number, where: string): { readonly line: string; readonly next: number } {
  const end = bytes.indexOf(0x0a, at)
  if (end === -1) throw malformed(where, 'ends within its headers')
  const raw = bytes.subarray(at, end)
  if (raw.includes(0)) throw malformed(where, 'has a zero byte in its headers')
  // Names of people need not be UTF-8 (`encoding`); nothing that decides is taken from such a line.
  return { line: Buffer.from(raw).toString('utf8'), next: end + 1 }
}

function without(bytes: Uint8Array, left: readonly Header[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { from, to } of left) {
    parts.push(bytes.subarray(at, from))
    at = to
  }
  return concatBytes([...parts, bytes.subarray(at)])
}

function formOf(signature: string, where: string): GitSignatureForm {
  const first = signature.split('\n')[0] ?? ''
  const form = Object.hasOwn(FORMS, first) ? FORMS[first] : undefined
  if (form === undefined) throw malformed(where, 'has a signature of no known form')
  return form
}

function makerOf(text: string | undefined, where: string): SignedObject['maker'] {
  const [, name, email, seconds] = /^([^<\n]*)<([^<>\n]*)> (\d{1,12}) [+-]\d{4}$/.exec(text ?? '') ?? []
  if (name === undefined || email === undefined) throw malformed(where, 'does not say who made it, and when')
  return { name: name.trim(), email, seconds: Number(seconds) }
}

function malformed(where: string, message: string): Error {
  return fail('evidence-malformed', message, { where })
}
