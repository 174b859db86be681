import { describe, expect, it } from 'vitest'
import { generateKeyPairSync, createHash } from 'node:crypto'
import { checkText } from '../check-text.ts'
import { secret } from './secret.ts'
import { hasBase62Checksum } from './token-checks.ts'

// Secrets for tests are made here, in pieces, so that no scanner (ours neither) finds one in this file.
const random = (seed: string, length: number): string =>
  createHash('sha512')
    .update(seed)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .repeat(8)
    .slice(0, length)
const made = (...parts: readonly string[]): string => parts.join('')
const AWS = 'Q3EGRYZ7WHPLN2KX'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function withChecksum(body: string): string {
  // The checksum is searched for by its first five characters, so that the test does not use the code it tests.
  const crc = crcOf(body)
  const digits = [4, 3, 2, 1, 0].map((place) => BASE62[Math.floor(crc / 62 ** place) % 62] ?? '0').join('')
  return `${body}${BASE62[Math.floor(crc / 62 ** 5) % 62] ?? '0'}${digits}`
}

function crcOf(text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const jwt = (header: object, claims: object): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + `.${random('sig', 43)}`

const SECRETS: readonly (readonly [string, string])[] = [
  ['a private key', privateKey],
  ['a private key', JSON.stringify(privateKey)],
  ['an encrypted private key', made('-----BEGIN ', 'ENCRYPTED PRIVATE KEY-----\n', random('e', 64))],
  ['an AWS access key id', made('AKIA', AWS)],
  ['a GitHub token', `ghp_${withChecksum(random('gh', 30))}`],
  ['an npm token', `npm_${withChecksum(random('npm', 30))}`],
  ['a GitHub fine-grained token', `github_pat_${random('a', 22)}_${random('b', 59)}`],
  ['a PyPI token', `pypi-AgEIcHlwaS5vcmc${random('p', 120)}`],
  ['a GitLab token', `glpat-${random('gl', 20)}`],
  ['a Slack token', made('xoxb-', '123456789012-123456789012-', random('s', 24))],
  ['a Slack webhook', made('https://hooks.slack.com/', 'services/T0123ABCD/B0123ABCD/', random('w', 24))],
  ['a Stripe live key', `sk_live_${random('st', 24)}`],
  ['a Google API key', `AIza${random('g', 35)}`],
  ['a Google OAuth client secret', `GOCSPX-${random('o', 28)}`],
  ['a Docker Hub token', `dckr_pat_${random('d', 27)}`],
  ['a service token (JWT)', jwt({ alg: 'HS256', typ: 'JWT' }, { iss: 'service', role: 'service_role', exp: 1 })],
]

describe('secret', () => {
  it.each(SECRETS)('finds %s, with its place, and does not print it', (name, text) => {
    const { findings, quoted } = checkText(secret, 'config.txt', `first line\nKEY = "${text}" # a comment\n`)
    expect(findings).toHaveLength(1)
    expect(findings[0]?.message).toContain(name)
    expect(findings[0]?.span).toMatchObject({ startLine: 2, startColumn: name.includes('private key') && text.startsWith('"') ? 9 : 8 })
    expect(text).toContain(quoted[0])
    const said = JSON.stringify(findings)
    for (let at = 0; at + 8 <= text.length; at += 1) {
      const piece = text.slice(at, at + 8)
      if (!'https://hooks.slack.com/'.includes(piece)) expect(said).not.toContain(piece)
    }
  })

  it.each([
    ['a GitHub token with a wrong checksum', `ghp_${random('gh', 36)}`],
    ['an npm token with a wrong checksum', `npm_${random('npm', 36)}`],
    ['the AWS example', 'AKIAIOSFODNN7EXAMPLE'],
    ['a header without a key', made('-----BEGIN ', 'PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----')],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${random('k', 64)}`],
    ['a test key', `sk_test_${random('st', 24)}`],
    ['a placeholder', `glpat-${'x'.repeat(20)}`],
    ['a start inside a word', made('aAKIA', AWS)],
    ['a JWT without an issuer', jwt({ alg: 'HS256' }, { sub: '1234567890' })],
    ['a JWT without an algorithm', jwt({ alg: 'none' }, { iss: 'x' })],
    ['an integrity', `sha512-${random('i', 86)}==`],
  ])('passes %s', (_what, text) => {
    expect(checkText(secret, 'config.txt', `KEY=${text}\n`).findings).toEqual([])
  })

  it('knows the checksum of a published sample', () => {
    expect(hasBase62Checksum('zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17')).toBe(true)
    expect(hasBase62Checksum('zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18')).toBe(false)
  })

  it.each(['eyJ_', 'eyJ.', '-----BEGIN PRIVATE KEY-----      ', 'glpat-', 'xoxb-123456789012-', 'AKIA', 'pypi-AgEIcHlwaS5vcmc', '"'])(
    'reads a hostile million of %j',
    (piece) => {
      expect(checkText(secret, 'x.txt', piece.repeat(1_000_000 / piece.length)).findings.length).toBeLessThanOrEqual(100)
    },
  )
})
