import { createHash, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concatBytes, fromHex, toBase64, utf8 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'

/** Signs note texts. `name` and `keyHash` (the key ID of C2SP signed-note, an unsigned 32-bit number) say who; `sign` takes the UTF-8 bytes of the text. */
export type NoteSigner = {
  readonly name: string
  readonly keyHash: number
  readonly sign: (text: Uint8Array) => Promise<Uint8Array>
}

/** Verifies the signatures of one key. With an `origin` it counts only on checkpoints of that log: a log's own key vouches for no other log. */
export type NoteVerifier = {
  readonly name: string
  readonly keyHash: number
  readonly origin?: string
  readonly verify: (text: Uint8Array, signature: Uint8Array) => boolean
}

export type NoteSignature = { readonly name: string; readonly keyHash: number; readonly signature: Uint8Array }
/** A note taken apart; nothing in it is verified. `text` ends in a line feed. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }
/** Why something was refused, as a clause that follows its name. */
export type Refusal = { readonly why: string }

const ED25519 = 0x01
/** Kinds of key the specification gives no type. */
const UNASSIGNED = 0xff
const KEY_ID_BYTES = 4
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/
const NAME_REFUSED = /[\s\u0085+]/u
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Bytes of padded standard base64 in its one canonical spelling, or undefined: what is signed or compared has one form only. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return toBase64(bytes) === text ? bytes : undefined
}

/** Takes a signed note apart within LIMITS.noteBytes and LIMITS.noteSignatures (C2SP signed-note, "Format"). Verifies nothing. */
export function parseNote(note: string): Note | Refusal {
  if (note.length > LIMITS.noteBytes || utf8(note).byteLength > LIMITS.noteBytes)
    return { why: `is over the cap noteBytes (${LIMITS.noteBytes})` }
  if (!note.isWellFormed() || CONTROL.test(note)) return { why: 'holds characters a signed note may not hold' }
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return { why: 'is no signed note: a blank line and signature lines must follow the text' }
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > LIMITS.noteSignatures) return { why: `is over the cap noteSignatures (${LIMITS.noteSignatures})` }
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignatureLine(line)
    if (signature === undefined) return { why: 'has a signature line that is not "— name base64"' }
    signatures.push(signature)
  }
  return { text: note.slice(0, split + 1), signatures }
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [dash, name, encoded, ...more] = line.split(' ')
  if (dash !== '—' || name === undefined || !isKeyName(name) || encoded === undefined || more.length > 0) return undefined
  const bytes = decodeBase64(encoded)
  if (bytes === undefined || bytes.byteLength <= KEY_ID_BYTES) return undefined
  return { name, keyHash: keyIdOf(bytes), signature: bytes.subarray(KEY_ID_BYTES) }
}

/**
 * Verifies a note: signatures of keys that are not among `verifiers` are ignored, one of a known key that does not verify
 * or stands there twice refuses the note, and at least one must verify. Out: the text and whose signatures hold.
 */
export function openNote(
  note: string,
  verifiers: readonly NoteVerifier[],
): { readonly text: string; readonly by: readonly NoteVerifier[] } | Refusal {
  const parsed = parseNote(note)
  if ('why' in parsed) return parsed
  const text = utf8(parsed.text)
  const by: NoteVerifier[] = []
  const seen = new Set<string>()
  for (const { name, keyHash, signature } of parsed.signatures) {
    const known = verifiers.filter((one) => one.name === name && one.keyHash === keyHash)
    if (known.length === 0) continue
    const key = `${name} ${keyHash}`
    if (seen.has(key)) return { why: `is signed twice by ${name}` }
    seen.add(key)
    const holds = known.find((one) => one.verify(text, signature))
    if (holds === undefined) return { why: `has a signature by ${name} that does not match its text` }
    by.push(holds)
  }
  return by.length === 0 ? { why: 'is signed by nobody who is known' } : { text: parsed.text, by }
}

/** Signs a text (ending in a line feed) by each signer, in order. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!text.endsWith('\n') || CONTROL.test(text)) throw fail('bug', 'a note text ends in a line feed and holds no other control character')
  const lines: string[] = []
  for (const signer of signers) lines.push(await signatureLine(text, signer))
  return `${text}\n${lines.join('')}`
}

/** The same note with one more signature line, over the same text. In: a note that parses. */
export async function addSignature(note: string, signer: NoteSigner): Promise<string> {
  const parsed = parseNote(note)
  if ('why' in parsed) throw fail('bug', `a note to be signed ${parsed.why}`)
  return note + (await signatureLine(parsed.text, signer))
}

async function signatureLine(text: string, signer: NoteSigner): Promise<string> {
  if (!isKeyName(signer.name))
    throw fail('key-invalid', 'a key that signs notes needs a name without spaces and plus signs', { where: signer.name })
  const id = new Uint8Array(KEY_ID_BYTES)
  new DataView(id.buffer).setUint32(0, signer.keyHash)
  return `— ${signer.name} ${toBase64(concatBytes([id, await signer.sign(utf8(text))]))}\n`
}

/**
 * Key ID of a public key under a name (C2SP signed-note, "Signature types"): of Ed25519 the hash over name, 0x0A, 0x01 and
 * key; of ECDSA (0x02) the hash over the SubjectPublicKeyInfo alone; of a kind without a type of its own (0xFF) the hash over name,
 * 0x0A, 0xFF, `type`, a long name of the kind, and the SubjectPublicKeyInfo. Throws `key-invalid` for such a kind without one.
 */
export function noteKeyHash(name: string, key: KeyObject, type?: string): number {
  const hash = createHash('sha256')
  if (key.asymmetricKeyType === 'ed25519') hash.update(`${name}\n`).update(Uint8Array.of(ED25519)).update(rawEd25519(key))
  else if (key.asymmetricKeyType === 'ec') hash.update(spkiOf(key))
  else if (type !== undefined) hash.update(`${name}\n`).update(Uint8Array.of(UNASSIGNED)).update(type).update(spkiOf(key))
  else throw fail('key-invalid', `a key of kind ${key.asymmetricKeyType ?? 'secret'} cannot sign notes`, { where: name })
  return keyIdOf(hash.digest())
}

/** A verifier of a public key's signatures: Ed25519, or ECDSA in DER over SHA-256. */
export function makeNoteVerifier(name: string, key: KeyObject, origin?: string): NoteVerifier {
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return {
    name,
    keyHash: noteKeyHash(name, key),
    ...(origin === undefined ? {} : { origin }),
    verify: (text, signature) => verifyBytes(digest, text, key, signature),
  }
}

/** A signer of a private key that is at hand. `publicKey` is its other half. */
export function makeNoteSigner(name: string, privateKey: KeyObject, publicKey: KeyObject): NoteSigner {
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return {
    name,
    keyHash: noteKeyHash(name, publicKey),
    sign: (text) => Promise.resolve(new Uint8Array(signBytes(digest, text, privateKey))),
  }
}

function isKeyName(name: string): boolean {
  return name !== '' && !NAME_REFUSED.test(name)
}

function keyIdOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, KEY_ID_BYTES).getUint32(0)
}

// The 32 bytes of the key are the end of its SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_PREFIX = fromHex('302a300506032b6570032100')

function rawEd25519(key: KeyObject): Uint8Array {
  return spkiOf(key).subarray(SPKI_PREFIX.byteLength)
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }))
}
