import { describe, expect, test } from 'vitest'
import { digestOf, digestSetOf, hexOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { matchSubject } from './match-subject.ts'

const wrapped = wrappedArtifact()
const manifest = digestSetOf(wrapped.digest)
const fileDigest = wrapped.file.digest
const file = digestSetOf(fileDigest)
const other = digestSetOf(digestOf(utf8('other')))
const image = { kind: 'manifest', digest: wrapped.digest, size: 1, mediaType: 'x', name: 'image' } as const
const sha512 = 'ab'.repeat(64)
const hashed = { kind: 'file', digest: fileDigest, size: 1, name: 'file', others: { sha512 } } as const
const configDigest = digestSetOf(digestOf(utf8('config')))
const archive = { kind: 'file', digest: fileDigest, size: 1, name: 'saved.tar', config: digestOf(utf8('config')) } as const
const alone = { kind: 'file', digest: fileDigest, size: 1, name: 'file' } as const

describe('a statement is about an artifact', () => {
  test.each([
    ['a wrapped file, both named', wrapped, [manifest, file], 'manifest'],
    ['a wrapped file, the manifest only', wrapped, [manifest], 'manifest'],
    ['a wrapped file, the file only', wrapped, [file], 'file'],
    ['a wrapped file, the file in another wrapping', wrapped, [other, file], 'file'],
    ['an image', image, [manifest], 'manifest'],
    ['an image among others', image, [other, manifest, other], 'manifest'],
    ['a file', alone, [manifest, file], 'file'],
    ['a docker archive, by the config digest of its image', archive, [configDigest], 'config'],
    ['a docker archive, as the file it is', archive, [file], 'file'],
    ['an upper-case digest', alone, [{ sha256: hexOf(fileDigest).toUpperCase() }], 'file'],
    ['a file by sha512 alone, as npm writes it', hashed, [{ sha512 }], 'file'],
    ['a wrapped file by sha512 alone', { ...wrapped, file: { ...wrapped.file, others: { sha512 } } }, [{ sha512 }], 'file'],
    ['a digest beside one of an algorithm we have not', alone, [{ ...file, gitCommit: 'ab' }], 'file'],
  ] as const)('%s', (_, artifact, digests, matched) => {
    expect(matchSubject({ subject: digests.map((digest) => ({ digest })) }, artifact)).toEqual({ matched })
  })

  test.each([
    ['another digest', image, [other]],
    ['nothing', image, []],
    ['its manifest only, of a file', alone, [manifest]],
    ['sha1 alone', alone, [{ sha1: hexOf(fileDigest).slice(0, 40) }]],
    ['a git commit alone', alone, [{ gitCommit: hexOf(fileDigest) }]],
    ['sha512 that nobody can compare', alone, [{ sha512: hexOf(fileDigest).repeat(2) }]],
    ['another sha512', hashed, [{ sha512: 'cd'.repeat(64) }]],
    ['the right sha512 beside another sha256', hashed, [{ sha512, sha256: hexOf(wrapped.digest) }]],
    ['the right sha256 beside another sha512', hashed, [{ ...file, sha512: 'cd'.repeat(64) }]],
    ['an empty digest', alone, [{ sha256: '' }]],
    ['the right value under another name', alone, [{ SHA256: hexOf(fileDigest) }]],
    ['a file in a wrapped manifest that is not the one it wraps', wrapped, [manifest, other]],
  ] as const)('not by %s', (_, artifact, digests) => {
    expect(matchSubject({ subject: digests.map((digest) => ({ digest })) }, artifact)).toHaveProperty('why')
  })
})
