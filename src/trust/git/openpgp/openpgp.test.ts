import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { findPeer } from '../../../../test/support/peers.ts'
import { parseKeyring } from './keyring.ts'
import { verifyOpenPgp } from './verify-openpgp.ts'

const gpg = findPeer('gpg')
const message = utf8('tree of a commit\n\nA change\n')

// Keys and signatures of a real GnuPG, in a home of their own.
describe.skipIf(gpg === undefined)('OpenPGP signatures of GnuPG', () => {
  let home = ''
  const run = (args: readonly string[], input: Uint8Array | string = ''): string =>
    execFileSync(
      gpg ?? '',
      ['--homedir', home, '--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      {
        input,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    )
  const make = (user: string, algorithm: string, expires = 'never', ...more: readonly string[]): void =>
    void run([...more, '--quick-generate-key', user, algorithm, 'sign', expires])
  const fingerprintOf = (user: string): string => /^fpr:+([0-9A-F]{40}):/m.exec(run(['--with-colons', '--list-keys', user]))?.[1] ?? ''
  const sign = (user: string, ...more: readonly string[]): string =>
    run(['--local-user', user, ...more, '--armor', '--detach-sign'], message)
  const ring = (...users: readonly string[]) => parseKeyring(run(['--armor', '--export', ...users]), 'keys.asc')
  const verify = (signature: string, ...users: readonly string[]) => verifyOpenPgp(message, signature, ring(...users), 'test')

  beforeAll(async () => {
    home = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    make('rsa@example.com', 'rsa2048')
    make('ed@example.com', 'ed25519')
    make('p256@example.com', 'nistp256')
    make('p384@example.com', 'nistp384')
    make('p521@example.com', 'nistp521')
    make('old@example.com', 'ed25519', 'seconds=1000', '--faked-system-time', '20250101T000000')
  }, 60_000)
  afterAll(async () => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' })
    await fs.rm(home, { recursive: true, force: true })
  })

  test.each(['rsa', 'ed', 'p256', 'p384', 'p521'])('by a key of kind %s are verified', (kind) => {
    const user = `${kind}@example.com`
    expect(verify(sign(user), user)).toEqual({ signer: `${user} (${fingerprintOf(user)})` })
    expect(verifyOpenPgp(utf8('another'), sign(user), ring(user), 'test')).toMatchObject({ code: 'signature-invalid' })
    expect(verify(sign(user), 'old@example.com')).toMatchObject({ code: 'untrusted' })
    expect(verify(sign(user, '--digest-algo', 'SHA512'), 'old@example.com', user)).toMatchObject({ signer: expect.stringContaining(user) })
  })

  test('by a subkey count for its owner, until it is revoked', () => {
    const user = 'ed@example.com'
    const primary = fingerprintOf(user)
    run(['--quick-add-key', primary, 'ed25519', 'sign', 'never'])
    const subkeys = [...run(['--with-colons', '--list-keys', user]).matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map(([, id]) => id)
    expect(subkeys).toHaveLength(2)
    const signature = sign(`${subkeys[1]}!`)
    expect(verify(signature, user)).toEqual({ signer: `${user} (${primary})` })
    // The public half of the primary key alone does not speak for the subkey.
    const bare = parseKeyring(run(['--armor', '--export-options', 'export-minimal', '--export', `${primary}!`]), 'keys.asc')
    expect(verifyOpenPgp(message, signature, bare, 'test')).toMatchObject({ code: 'untrusted' })
    execFileSync(gpg ?? '', ['--homedir', home, '--batch', '--quiet', '--command-fd', '0', '--edit-key', user], {
      input: 'key 1\nrevkey\ny\n0\n\ny\nsave\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    expect(verify(signature, user)).toMatchObject({ code: 'untrusted', why: expect.stringContaining('revoked') as unknown })
    expect(verify(sign(`${primary}!`), user)).toMatchObject({ signer: expect.stringContaining(primary) as unknown })
  })

  test('by a key that had ended, or that did not exist yet, are not', () => {
    const at = (time: string) => sign('old@example.com', '--faked-system-time', time)
    expect(verify(at('20250101T000500'), 'old@example.com')).toMatchObject({
      signer: expect.stringContaining('old@example.com') as unknown,
    })
    expect(() => at('20260101T000000')).toThrow('Command failed')
    const ring2 = ring('old@example.com').map((one) => ({ ...one, start: one.start + 400, end: one.end }))
    expect(verifyOpenPgp(message, at('20250101T000500'), ring2, 'test')).toMatchObject({
      why: expect.stringContaining('before it was made') as unknown,
    })
    const ring3 = ring('old@example.com').map((one) => ({ ...one, end: one.start + 200 }))
    expect(verifyOpenPgp(message, at('20250101T000500'), ring3, 'test')).toMatchObject({
      why: expect.stringContaining('after it had ended') as unknown,
    })
  })

  test.each<[string, (signature: string) => string, string]>([
    ['two of them', (one) => one + one, 'evidence-malformed'],
    ['something before', (one) => `hello\n${one}`, 'evidence-malformed'],
    ['something after', (one) => `${one}hello\n`, 'evidence-malformed'],
    ['half of one', (one) => one.slice(0, 120), 'evidence-malformed'],
    ['no base64', (one) => one.replace('\n\n', '\n\n!'), 'evidence-malformed'],
    [
      'a key in its place',
      () => run(['--armor', '--export', 'rsa@example.com']).replaceAll('PUBLIC KEY BLOCK', 'SIGNATURE'),
      'evidence-malformed',
    ],
  ])('that are %s are refused', (_, change, code) => {
    const signature = change(sign('rsa@example.com'))
    const attempt = () => {
      const found = verify(signature, 'rsa@example.com')
      if ('code' in found) throw Object.assign(new Error(found.why), { code: found.code })
    }
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  test('over SHA-1, over text, or that end are refused', () => {
    const user = 'rsa@example.com'
    expect(verify(sign(user, '--digest-algo', 'SHA1', '--allow-weak-digest-algos'), user)).toMatchObject({ code: 'evidence-malformed' })
    expect(verify(sign(user, '--textmode'), user)).toMatchObject({ code: 'signature-invalid' })
    expect(verify(sign(user, '--default-sig-expire', '2d'), user)).toMatchObject({ code: 'untrusted' })
  })

  test('of which one byte is another are never accepted', () => {
    const signature = sign('ed@example.com')
    const body = signature.split('\n\n')[1]?.split('\n=')[0] ?? ''
    const bytes = Buffer.from(body, 'base64')
    const keys = ring('ed@example.com')
    // The unhashed part and the two bytes of the hash that are shown are no part of what is signed.
    let accepted = 0
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      const text = `-----BEGIN PGP SIGNATURE-----\n\n${changed.toString('base64')}\n-----END PGP SIGNATURE-----\n`
      try {
        const found = verifyOpenPgp(utf8('another message'), text, keys, 'test')
        if ('signer' in found) accepted += 1
        const same = verifyOpenPgp(message, text, keys, 'test')
        if ('signer' in same) expect(at).toBeGreaterThan(8)
      } catch (error) {
        expect(error).toMatchObject({ code: 'evidence-malformed' })
      }
    }
    expect(accepted).toBe(0)
  })

  test.each(['', 'no key', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n'])(
    'a keyring of %j is refused',
    (text) => {
      expect(() => parseKeyring(text, 'keys.asc')).toThrow(expect.objectContaining({ code: 'key-invalid', where: 'keys.asc' }))
    },
  )

  test('a keyring in which a user id or a subkey was put in by somebody else does not speak for it', () => {
    const [mine, theirs] = [exported('rsa@example.com'), exported('p256@example.com')]
    const armored = `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${Buffer.concat([mine, theirs.subarray(packetLength(theirs))]).toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----\n`
    const keys = parseKeyring(armored, 'keys.asc')
    expect(keys.map(({ owner }) => owner)).toEqual(['rsa@example.com'])
  })

  function exported(user: string): Buffer {
    return execFileSync(gpg ?? '', ['--homedir', home, '--batch', '--export', user], { stdio: ['ignore', 'pipe', 'ignore'] })
  }
  /** How long the first packet is (old form, one or two bytes of length). */
  function packetLength(bytes: Buffer): number {
    return (bytes[0] ?? 0) & 1 ? 3 + bytes.readUInt16BE(1) : 2 + (bytes[1] ?? 0)
  }
})
