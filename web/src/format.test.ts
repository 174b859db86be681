import { expect, test } from 'vitest'
import { artifactTitle, countOf, formatSize, predicateName, shortDigest, signerName, timeProof } from './format.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [99_940, '99.9 kB'],
  [99_960, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [1_480_000_000, '1.5 GB'],
  [5e15, '5000 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

test('names', () => {
  expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab')
  expect(predicateName('https://slsa.dev/provenance/v1')).toBe('SLSA provenance')
  expect(predicateName('toString')).toBe('toString')
  expect(timeProof('asserted')).toBe('time asserted by the signer')
  expect(signerName({ authority: 'this-machine', kind: 'local' })).toContain('proves only this machine')
  expect(signerName({ authority: 'ci', kind: 'identity', identity: 'a@b', issuer: 'https://i' })).toBe('ci (a@b, by https://i)')
  expect(signerName({ authority: 'team', kind: 'key' })).toBe('team')
  expect([countOf(1, 'entry', 'entries'), countOf(1200, 'entry', 'entries')]).toEqual(['1 entry', '1,200 entries'])
})

test.each([
  [{ name: 'shelf', version: '1.4.0' }, 'shelf 1.4.0'],
  [{ name: 'shelf-1.4.0.tgz', version: '1.4.0' }, 'shelf-1.4.0.tgz'],
  [{ name: 'shelf' }, 'shelf'],
  [{ version: '1.4.0' }, 'abcdef012345 1.4.0'],
  [{}, 'abcdef012345'],
])('%j is shown as %s', (artifact, title) => {
  expect(artifactTitle(artifact, 'sha256:abcdef0123456789')).toBe(title)
})
