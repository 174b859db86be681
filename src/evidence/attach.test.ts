import { describe, expect, test } from 'vitest'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { MEDIA } from '../artifact/artifact.ts'
import { memoryImage } from '../../test/support/memory-image.ts'
import { attachBundle } from './attach.ts'
import { makeBundle } from './bundle.ts'
import { IN_TOTO } from './dsse.ts'
import { ANNOTATION, PREDICATE } from './evidence.ts'
import { findEvidence } from './find.ts'

const bundleOf = (sig: number) =>
  makeBundle({ payloadType: IN_TOTO, payload: utf8('{}'), signatures: [{ keyid: '', sig: Uint8Array.of(sig) }] }, { publicKeyHint: 'h' })
const options = { predicateType: PREDICATE.provenance, created: '2026-11-25T00:00:00Z' }
const logProof = { index: 3, hashes: ['AAAA'], checkpoint: 'origin\n4\nAAAA\n' }

describe('attaching a bundle', () => {
  test('writes a referrer as cosign 3 does', async () => {
    const image = memoryImage()
    const subject = await image.storeManifest({ schemaVersion: 2 })
    const bundle = bundleOf(1)
    const referrer = await attachBundle(image, subject, bundle, options)

    const manifest = await image.manifest(referrer.digest)
    expect(JSON.parse(textOf(manifest?.bytes ?? new Uint8Array(0)))).toEqual({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(utf8('{}')), size: 2 },
      layers: [{ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', digest: digestOf(bundle), size: bundle.byteLength }],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': PREDICATE.provenance,
        'org.opencontainers.image.created': '2026-11-25T00:00:00Z',
      },
    })
  })

  test('again writes nothing, whatever the time, and gives the same referrer', async () => {
    const image = memoryImage()
    const subject = await image.storeManifest({ schemaVersion: 2 })
    const first = await attachBundle(image, subject, bundleOf(1), options)
    const written = image.writes()
    const second = await attachBundle(image, subject, bundleOf(1), { ...options, created: '2027-01-01T00:00:00Z' })
    expect(second.digest).toBe(first.digest)
    expect(image.writes()).toBe(written)
    await attachBundle(image, subject, bundleOf(2), options)
    expect(await image.referrers(subject.digest)).toHaveLength(2)
  })

  test('gives the same digest in another place', async () => {
    const [a, b] = [memoryImage('a'), memoryImage('b')]
    const subject = await a.storeManifest({ schemaVersion: 2 })
    const there = await attachBundle(a, subject, bundleOf(1), { ...options, logProof })
    expect((await attachBundle(b, subject, bundleOf(1), { ...options, logProof })).digest).toBe(there.digest)
  })

  test('carries our log proof as an annotation, and finding gives it back', async () => {
    const image = memoryImage()
    const subject = await image.storeManifest({ schemaVersion: 2 })
    await attachBundle(image, subject, bundleOf(1), { ...options, logProof })
    const { found } = await findEvidence(image, subject.digest)
    expect(JSON.parse(found[0]?.annotations[ANNOTATION.logProof] ?? '')).toEqual(logProof)
    expect(found[0]?.bytes).toEqual(bundleOf(1))
  })

  test('refuses bytes that are no bundle, before anything is written', async () => {
    const image = memoryImage()
    const subject = await image.storeManifest({ schemaVersion: 2 })
    const written = image.writes()
    await expect(attachBundle(image, subject, utf8('{}'), options)).rejects.toThrow(expect.objectContaining({ code: 'evidence-malformed' }))
    expect(image.writes()).toBe(written)
  })
})
