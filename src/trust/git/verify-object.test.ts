import { createHash, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { signGitsign } from '../../../test/support/gitsign.ts'
import { newPair } from '../../../test/support/sigstore-in-memory/certificates.ts'
import { IDENTITY, ISSUER } from '../../../test/support/sigstore-in-memory/instance.ts'
import { byIdentity } from '../../../test/support/sigstore-in-memory/verify.ts'
import { allowedSigner, signSsh } from '../../../test/support/ssh-sign.ts'
import type { SshSigning } from '../../../test/support/ssh-sign.ts'
import { parseAllowedSigners } from './allowed-signers.ts'
import { readSignedObject } from './signed-object.ts'
import type { GitObject } from './signed-object.ts'
import { verifyGitObject } from './verify-object.ts'

const KEYS = {
  ed25519: generateKeyPairSync('ed25519').privateKey,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const key = KEYS.ed25519
const WHEN = Date.parse('2026-11-25T10:00:00Z') / 1000
const TREE = `tree ${'a'.repeat(40)}\nparent ${'b'.repeat(40)}\n`
const WHO = `author Alice <alice@example.com> ${WHEN} +0100\ncommitter Bob <bob@example.com> ${WHEN} +0100\n`
const MESSAGE = '\nA change\n\nthat says why.\n'

function objectOf(type: GitObject['type'], text: string, hash = 'sha1'): GitObject {
  const bytes = utf8(text)
  return { type, bytes, id: createHash(hash).update(`${type} ${bytes.byteLength}\0`).update(bytes).digest('hex') }
}

/** As git puts a signature into a commit: a header whose further lines begin with a space. */
function commit(
  signature: string,
  options: {
    readonly header?: string
    readonly before?: string
    readonly after?: string
    readonly message?: string
    readonly hash?: string
  } = {},
): GitObject {
  const folded = signature.trimEnd().replaceAll('\n', '\n ')
  const { header = 'gpgsig', before = '', after = '', message = MESSAGE, hash = 'sha1' } = options
  return objectOf('commit', `${TREE}${WHO}${before}${header} ${folded}\n${after}${message}`, hash)
}
const signed = (signing: SshSigning = { key }) => signSsh(utf8(`${TREE}${WHO}${MESSAGE}`), signing)

const trusting = (...lines: readonly string[]) => ({
  allowedSigners: parseAllowedSigners(utf8(lines.join('')), 'signers'),
  openPgpKeys: [],
  identities: [],
})
const alice = trusting(allowedSigner('alice@example.com', key))

const gitsigned = () => commit(signGitsign({ payload: utf8(`${TREE}${WHO}${MESSAGE}`), key: newPair() }))

describe('a signed commit', () => {
  test('by gitsign is verified, by whoever the certificate names', async () => {
    const identities = byIdentity().authorities.filter((one) => one.kind === 'identity')
    expect(await verifyGitObject(gitsigned(), { allowedSigners: [], openPgpKeys: [], identities })).toMatchObject({
      ok: true,
      form: 'x509',
      signer: `${IDENTITY} (by ${ISSUER})`,
    })
  })

  test.each(Object.entries(KEYS))('by a key of kind %s is verified', async (_, each: KeyObject) => {
    const found = await verifyGitObject(commit(signed({ key: each })), trusting(allowedSigner('alice@example.com', each)))
    expect(found).toEqual({
      ok: true,
      form: 'ssh',
      signer: 'alice@example.com',
      maker: { name: 'Bob', email: 'bob@example.com', seconds: WHEN },
    })
    expect(await verifyGitObject(commit(signed({ key: each, hash: 'sha256' })), trusting(allowedSigner('a', each)))).toMatchObject({
      ok: true,
    })
  })

  test.each([
    ['ed25519', KEYS.ed25519],
    ['P-256', KEYS['P-256']],
  ])('by a security key (%s) is verified if it was touched', async (_, each) => {
    const hardware = { application: 'ssh:', flags: 1 }
    const trust = trusting(allowedSigner('alice@example.com', each, '', hardware))
    expect(await verifyGitObject(commit(signed({ key: each, hardware })), trust)).toMatchObject({ ok: true })
    const untouched = signed({ key: each, hardware: { ...hardware, flags: 0 } })
    expect(await verifyGitObject(commit(untouched), trust)).toMatchObject({ ok: false, code: 'signature-invalid' })
    // The same key outside of the hardware is another key.
    expect(await verifyGitObject(commit(signed({ key: each })), trust)).toMatchObject({ ok: false, code: 'untrusted' })
  })

  test('in a repository of SHA-256 names has its signature in a header of its own', async () => {
    const tree = `tree ${'a'.repeat(64)}\n`
    const signature = signSsh(utf8(`${tree}${WHO}${MESSAGE}`), { key })
      .trimEnd()
      .replaceAll('\n', '\n ')
    const of = (header: string) => objectOf('commit', `${tree}${WHO}${header} ${signature}\n${MESSAGE}`, 'sha256')
    expect(await verifyGitObject(of('gpgsig-sha256'), alice)).toMatchObject({ ok: true })
    expect(await verifyGitObject(of('gpgsig'), alice)).toMatchObject({ ok: false, code: 'no-evidence' })
  })

  const other = generateKeyPairSync('ed25519').privateKey
  test.each<[string, GitObject, string, RegExp]>([
    ['is not signed', objectOf('commit', `${TREE}${WHO}${MESSAGE}`), 'no-evidence', /not signed/],
    ['was changed after', commit(signed(), { message: '\nAnother change\n' }), 'signature-invalid', /does not match/],
    ['has another parent', commit(signed(), { before: `parent ${'c'.repeat(40)}\n` }), 'signature-invalid', /does not match/],
    ['is signed by somebody else', commit(signed({ key: other })), 'untrusted', /not in the list/],
    ['is signed by somebody else in another’s name', commit(signed({ key: other, named: key })), 'signature-invalid', /does not match/],
    ['is signed as a file', commit(signed({ key, namespace: 'file' })), 'signature-invalid', /does not match/],
    ['names another algorithm', commit(signed({ key, form: 'ssh-rsa' })), 'signature-invalid', /does not match/],
    [
      'is signed by half a message',
      commit('-----BEGIN SIGNED MESSAGE-----\nabcd\n-----END SIGNED MESSAGE-----\n'),
      'evidence-malformed',
      /signed message/,
    ],
    ['is signed by nothing known', commit('-----BEGIN CERTIFICATE-----\nabc'), 'evidence-malformed', /no known form/],
    ['has half a signature', commit(signed().slice(0, 120)), 'evidence-malformed', /not one whole/],
    ['has more after its signature', commit(`${signed()}more`), 'evidence-malformed', /not one whole/],
    // CVE-2026-44309: a reader that takes the first and one that takes the last would see two commits.
    [
      'has two signatures',
      commit(signed(), { after: `gpgsig ${signed().trimEnd().replaceAll('\n', '\n ')}\n` }),
      'evidence-malformed',
      /`gpgsig` twice/,
    ],
    ['has two trees', commit(signed(), { before: TREE }), 'evidence-malformed', /`tree` twice/],
    ['has two committers', commit(signed(), { after: WHO }), 'evidence-malformed', /`author` twice/],
    ['has no committer', objectOf('commit', `${TREE}${MESSAGE}`), 'evidence-malformed', /who made it/],
    ['begins with something else', objectOf('commit', `${WHO}${TREE}${MESSAGE}`), 'evidence-malformed', /begin with a tree/],
    ['ends in its headers', objectOf('commit', TREE), 'evidence-malformed', /ends within/],
    ['is signed by gitsign, where no identity is named', gitsigned(), 'untrusted', /who is not trusted/],
    ['has a zero byte', objectOf('commit', `${TREE}${WHO.replace('Bob', 'B\0b')}${MESSAGE}`), 'evidence-malformed', /zero byte/],
  ])('that %s is refused', async (_, object, code, why) => {
    const found = await verifyGitObject(object, alice)
    expect(found).toMatchObject({ ok: false, code })
    expect(found.ok ? '' : found.why).toMatch(why)
  })

  test('by RSA with SHA-1 is refused, and so is a short RSA key', async () => {
    const trust = trusting(allowedSigner('alice@example.com', KEYS.rsa))
    expect(await verifyGitObject(commit(signed({ key: KEYS.rsa, form: 'ssh-rsa' })), trust)).toMatchObject({
      ok: false,
      code: 'signature-invalid',
    })
    expect(await verifyGitObject(commit(signed({ key: KEYS.rsa, form: 'rsa-sha2-256' })), trust)).toMatchObject({ ok: true })
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const found = await verifyGitObject(commit(signed({ key: short })), trusting(allowedSigner('a', short)))
    expect(found).toMatchObject({ ok: false, code: 'untrusted', why: expect.stringContaining('1024 bits') })
  })

  test('whose bytes are not those of its id is no commit of this repository', async () => {
    const object = commit(signed())
    await expect(verifyGitObject({ ...object, id: 'c'.repeat(40) }, alice)).rejects.toThrow(
      expect.objectContaining({ code: 'digest-mismatch' }),
    )
    await expect(verifyGitObject({ ...object, type: 'tag' }, alice)).rejects.toThrow(expect.objectContaining({ code: 'digest-mismatch' }))
  })

  test('of which one byte is another is never accepted', async () => {
    const { bytes } = commit(signed())
    let accepted = 0
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      const id = createHash('sha1').update(`commit ${changed.byteLength}\0`).update(changed).digest('hex')
      if ((await verifyGitObject({ type: 'commit', id, bytes: changed }, alice)).ok) accepted += 1
    }
    expect(accepted).toBe(0)
  })
})

describe('a signed tag', () => {
  const HEAD = `object ${'a'.repeat(40)}\ntype commit\ntag v1.0\ntagger Bob <bob@example.com> ${WHEN} +0000\n`
  const tag = (message = '\nThe first release\n', signing: SshSigning = { key }) =>
    objectOf('tag', `${HEAD}${message}${signSsh(utf8(`${HEAD}${message}`), signing)}`)

  test('names what it is a tag of', async () => {
    expect(await verifyGitObject(tag(), alice)).toMatchObject({ ok: true, names: { id: 'a'.repeat(40), type: 'commit', tag: 'v1.0' } })
    expect(await verifyGitObject(tag('\nquotes\n-----BEGIN SSH SIGNATURE-----\nof another\n'), alice)).toMatchObject({ ok: true })
  })
  test.each<[string, GitObject, string]>([
    ['is not signed', objectOf('tag', `${HEAD}\nA release\n`), 'no-evidence'],
    [
      'names another object',
      objectOf('tag', Buffer.from(tag().bytes).toString().replace('a'.repeat(40), 'b'.repeat(40))),
      'signature-invalid',
    ],
    ['goes on after its signature', objectOf('tag', `${Buffer.from(tag().bytes).toString()}more\n`), 'evidence-malformed'],
    ['is signed in a header', objectOf('tag', `${HEAD}gpgsig x\n\nA release\n`), 'evidence-malformed'],
    ['names two objects', objectOf('tag', `object ${'b'.repeat(40)}\n${Buffer.from(tag().bytes).toString()}`), 'evidence-malformed'],
    ['names none', objectOf('tag', `object x\n${HEAD.slice(HEAD.indexOf('type'))}\n`), 'evidence-malformed'],
  ])('that %s is refused', async (_, object, code) => {
    expect(await verifyGitObject(object, alice)).toMatchObject({ ok: false, code })
  })
})

describe('a list of allowed signers', () => {
  const object = commit(signed())
  const verdict = async (options: string) =>
    await verifyGitObject(object, trusting(allowedSigner('"alice@example.com,a@b.c"', key, options)))

  test.each([
    '',
    'namespaces="git"',
    'namespaces="file,git"',
    'valid-after="20261125"',
    'valid-after="20261125100000Z",valid-before="20261125100001"',
  ])('allows with %j', async (options) => {
    expect(await verdict(options)).toMatchObject({ ok: true, signer: 'alice@example.com,a@b.c' })
  })
  test.each([
    ['namespaces="file"', /not allowed to sign for `git`/],
    ['valid-after="20261126"', /before it was valid/],
    ['valid-before="202611251000"', /after it was valid/],
    ['cert-authority', /not in the list/],
  ])('does not with %j', async (options, why) => {
    const found = await verdict(options)
    expect(found).toMatchObject({ ok: false, code: 'untrusted' })
    expect(found.ok ? '' : found.why).toMatch(why)
  })
  test('has comments and empty lines, and a key may stand there twice', async () => {
    const lines = ['# who\n', '\n', allowedSigner('old', key, 'valid-before="20200101"'), allowedSigner('new', key)]
    expect(await verifyGitObject(object, trusting(...lines))).toMatchObject({ ok: true, signer: 'new' })
    expect(await verifyGitObject(object, trusting())).toMatchObject({ ok: false, code: 'untrusted' })
  })
  test.each([
    ['half a line', 'alice@example.com ssh-ed25519'],
    ['a key that is no base64', 'alice@example.com ssh-ed25519 !!!'],
    ['a quote without an end', 'alice@example.com namespaces="git ssh-ed25519 AAAA'],
    ['an option that is not known', 'alice@example.com no-such-option ssh-ed25519 AAAA'],
    ['a time that is none', 'alice@example.com valid-after="20261340" ssh-ed25519 AAAA'],
  ])('with %s is refused at its line', (_, line) => {
    expect(() => trusting(`# first\n${line}\n`)).toThrow(expect.objectContaining({ code: 'config-invalid', where: 'signers:2' }))
  })
})

test('what is signed is the object without its signature, byte for byte', () => {
  const { payload } = readSignedObject(commit(signed()))
  expect(Buffer.from(payload).toString()).toBe(`${TREE}${WHO}${MESSAGE}`)
})
