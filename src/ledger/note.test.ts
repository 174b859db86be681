import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { noteKeys } from './log-for-tests.ts'
import { addSignature, decodeBase64, makeNoteVerifier, noteKeyHash, openNote, parseNote, signNote } from './note.ts'

const TEXT = 'a first line\n\na line after an empty one\n'
const log = noteKeys('log.example/one', 'ed25519')
const alice = noteKeys('alice.example')
const stranger = noteKeys('stranger.example')

describe('reading a note', () => {
  test('verifies Ed25519 and ECDSA signatures, and ignores keys it does not know', async () => {
    const note = await signNote(TEXT, [stranger.signer, log.signer, alice.signer])
    expect(openNote(note, [alice.verifier, log.verifier])).toEqual({ text: TEXT, by: [log.verifier, alice.verifier] })
    expect(openNote(note, [alice.verifier])).toEqual({ text: TEXT, by: [alice.verifier] })
  })

  test('the note of the specification (C2SP signed-note) is read as it says', () => {
    const note =
      'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n' +
      '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n'
    const parsed = parseNote(note)
    if ('why' in parsed) throw new Error(parsed.why)
    expect(parsed.text.endsWith('ed è subito sera.\n')).toBe(true)
    expect(parsed.signatures.map(({ name, keyHash }) => [name, keyHash.toString(16)])).toEqual([
      ['quasimodo.example/salvatore', '367ba04b'],
    ])
  })

  test('a known key whose signature does not match refuses the whole note, other signatures or not', async () => {
    const note = await signNote(TEXT, [log.signer, alice.signer])
    const other = note.replace('a first', 'another')
    expect(openNote(other, [log.verifier, alice.verifier])).toEqual({
      why: 'has a signature by log.example/one that does not match its text',
    })
    const mixed = (await signNote(TEXT, [log.signer])) + (await signNote('other\n', [alice.signer])).split('\n\n')[1]
    expect(openNote(mixed, [log.verifier, alice.verifier])).toEqual({
      why: 'has a signature by alice.example that does not match its text',
    })
  })

  test('nobody known, or nobody at all to know, refuses it', async () => {
    const note = await signNote(TEXT, [stranger.signer])
    expect(openNote(note, [log.verifier])).toEqual({ why: 'is signed by nobody who is known' })
    expect(openNote(note, [])).toEqual({ why: 'is signed by nobody who is known' })
  })

  test('the same name with another key, or the same key under another name, is nobody known', async () => {
    const namesake = noteKeys('log.example/one', 'ed25519')
    expect(openNote(await signNote(TEXT, [namesake.signer]), [log.verifier])).toEqual({ why: 'is signed by nobody who is known' })
    const renamed = { ...log.signer, name: 'log.example/two' }
    expect(openNote(await signNote(TEXT, [renamed]), [log.verifier])).toEqual({ why: 'is signed by nobody who is known' })
  })

  test('one key may not sign twice', async () => {
    const note = await signNote(TEXT, [log.signer])
    expect(openNote(await addSignature(note, log.signer), [log.verifier])).toEqual({ why: 'is signed twice by log.example/one' })
  })

  test.each([
    ['no blank line', 'text\n— a AAAAAAA=\n'],
    ['no last line feed', `text\n\n— a AAAAAAA=`],
    ['no signature line', 'text\n\n'],
    ['nothing', ''],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
    ['a name with a plus sign', 'text\n\n— a+b AAAAAAA=\n'],
    ['an empty name', 'text\n\n—  AAAAAAA=\n'],
    ['a name with a no-break space', 'text\n\n— a\u00a0b AAAAAAA=\n'],
    ['a fourth word', 'text\n\n— a AAAAAAA= b\n'],
    ['a signature of the key ID alone', 'text\n\n— a AAAAAA==\n'],
    ['base64 without its padding', 'text\n\n— a AAAAAAA\n'],
    ['base64 with bits left over', 'text\n\n— a AAAAAAB=\n'],
    ['the URL alphabet', 'text\n\n— a AAAA_-A=\n'],
    ['a carriage return', 'text\r\n\n— a AAAAAAA=\n'],
    ['a NUL', 'te\0xt\n\n— a AAAAAAA=\n'],
    ['a lone surrogate', 'te\ud800xt\n\n— a AAAAAAA=\n'],
  ])('%s is refused', (_, note) => {
    expect(parseNote(note)).toHaveProperty('why')
  })

  test('caps are counted before anything is verified', () => {
    const line = '— a AAAAAAA=\n'
    expect(parseNote(`text\n\n${line.repeat(LIMITS.noteSignatures)}`)).toHaveProperty('signatures')
    expect(parseNote(`text\n\n${line.repeat(LIMITS.noteSignatures + 1)}`)).toEqual({
      why: `is over the cap noteSignatures (${LIMITS.noteSignatures})`,
    })
    expect(parseNote(`${'x'.repeat(LIMITS.noteBytes)}\n\n${line}`)).toEqual({ why: `is over the cap noteBytes (${LIMITS.noteBytes})` })
    expect(parseNote(`${'—'.repeat(LIMITS.noteBytes / 2)}\n\n${line}`)).toHaveProperty('why')
  })
})

describe('key IDs', () => {
  test('of Ed25519: the published key of the specification’s example log has the published ID', () => {
    // "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", the verifier key in the documentation of Go's note package.
    const raw = Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64').subarray(1)
    const key = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki' })
    expect(noteKeyHash('PeterNeumann', key).toString(16)).toBe('c74f20a3')
    const verifier = makeNoteVerifier('PeterNeumann', key)
    const note =
      'If you think cryptography is the answer to your problem,\nthen you don\u2019t know what your problem is.\n'.replace('\u2019', "'") +
      '\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
    expect(openNote(note, [verifier])).toHaveProperty('by', [verifier])
  })

  test('of ECDSA: the name does not enter, the key does', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(noteKeyHash('a', publicKey)).toBe(noteKeyHash('b', publicKey))
  })

  test('of a kind that has no type there: the long name that is given, or none', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(() => noteKeyHash('a', publicKey)).toThrow(expect.objectContaining({ code: 'key-invalid' }))
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const hash = createHash('sha256')
      .update(Buffer.concat([Buffer.from('a\n\xfftally/rsa', 'latin1'), spki]))
      .digest()
    expect(noteKeyHash('a', publicKey, 'tally/rsa')).toBe(hash.readUInt32BE(0))
  })
})

test('base64 has one spelling', () => {
  expect(decodeBase64('AAA=')).toEqual(new Uint8Array(2))
  for (const text of ['AAB=', 'AAA', 'AAA==', 'A A=', '', '====']) expect(decodeBase64(text), text).toBeUndefined()
})

test('a text that is no note text is not signed', async () => {
  await expect(signNote('no line feed', [log.signer])).rejects.toThrow(expect.objectContaining({ code: 'bug' }))
  await expect(signNote('a\tb\n', [log.signer])).rejects.toThrow(expect.objectContaining({ code: 'bug' }))
  await expect(signNote('a\n', [{ ...log.signer, name: 'two words' }])).rejects.toThrow(expect.objectContaining({ code: 'key-invalid' }))
  expect(utf8(await signNote('a\n', [log.signer])).byteLength).toBeGreaterThan(0)
})
