import { describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'
import { MEDIA } from '../artifact/artifact.ts'
import type { Descriptor } from '../artifact/artifact.ts'
import { memoryImage } from '../../test/support/memory-image.ts'
import type { MemoryImage } from '../../test/support/memory-image.ts'
import { findEvidence } from './find.ts'

const SIGNATURE = 'dev.cosignproject.cosign/signature'

type Layer = { readonly mediaType: string; readonly bytes: Uint8Array; readonly annotations?: Readonly<Record<string, string>> }

async function store(image: MemoryImage, layers: readonly Layer[], rest: object = {}): Promise<Descriptor> {
  const descriptors = []
  for (const { mediaType, bytes, annotations } of layers) {
    descriptors.push({ mediaType, ...(await image.storeBlob(bytes)), ...(annotations === undefined ? {} : { annotations }) })
  }
  return await image.storeManifest({ schemaVersion: 2, mediaType: MEDIA.ociManifest, layers: descriptors, ...rest })
}

async function imageWithSubject(): Promise<{ image: MemoryImage; subject: Descriptor }> {
  const image = memoryImage()
  return { image, subject: await image.storeManifest({ schemaVersion: 2 }) }
}

const refers = (subject: Descriptor, artifactType: string) => ({ subject: { digest: subject.digest }, artifactType })
const bundleLayer = (text: string): Layer => ({ mediaType: MEDIA.bundle, bytes: utf8(text) })

describe('finding evidence', () => {
  test('with nothing there finds nothing, and says where it looked', async () => {
    const { image, subject } = await imageWithSubject()
    expect(await findEvidence(image, subject.digest)).toEqual({
      found: [],
      unreadable: [],
      looked: [
        `referrers of ${subject.digest} in memory/image: none`,
        `tag sha256-${hexOf(subject.digest)}.sig in memory/image: none`,
        `tag sha256-${hexOf(subject.digest)}.att in memory/image: none`,
      ],
    })
  })

  test.each([
    ['of ours and cosign 3', MEDIA.bundle, MEDIA.bundle],
    ['of a later version', 'application/vnd.dev.sigstore.bundle.v0.9+json', 'application/vnd.dev.sigstore.bundle.v0.9+json'],
    ['listed by an old registry by its config', MEDIA.empty, MEDIA.bundle],
  ])('reads a bundle referrer %s', async (_, artifactType, mediaType) => {
    const { image, subject } = await imageWithSubject()
    const referrer = await store(image, [{ mediaType, bytes: utf8('b') }], { ...refers(subject, artifactType), annotations: { k: 'v' } })
    const { found } = await findEvidence(image, subject.digest)
    expect(found).toEqual([
      {
        kind: 'unverified',
        form: 'bundle',
        bytes: utf8('b'),
        digest: digestOf(utf8('b')),
        where: `memory/image@${referrer.digest}`,
        annotations: { k: 'v' },
      },
    ])
  })

  test('reads cosign 2’s tags, each layer with its annotations', async () => {
    const { image, subject } = await imageWithSubject()
    const simple = 'application/vnd.dev.cosign.simplesigning.v1+json'
    const sig = await store(image, [
      { mediaType: simple, bytes: utf8('payload'), annotations: { [SIGNATURE]: 'AQ==' } },
      { mediaType: simple, bytes: utf8('payload'), annotations: { [SIGNATURE]: 'Ag==' } },
    ])
    const att = await store(image, [{ mediaType: 'application/vnd.dsse.envelope.v1+json', bytes: utf8('{}') }])
    await image.putTag(`sha256-${hexOf(subject.digest)}.sig`, sig.digest)
    await image.putTag(`sha256-${hexOf(subject.digest)}.att`, att.digest)
    const { found, looked } = await findEvidence(image, subject.digest)
    expect(found.map((one) => [one.form, one.annotations[SIGNATURE]])).toEqual([
      ['cosign-signature', 'AQ=='],
      ['cosign-signature', 'Ag=='],
      ['cosign-attestation', undefined],
    ])
    expect(looked[1]).toMatch(/\.sig in memory\/image: there$/)
  })

  test('reads the older experimental referrer', async () => {
    const { image, subject } = await imageWithSubject()
    await store(
      image,
      [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', bytes: utf8('p'), annotations: { [SIGNATURE]: 'AQ==' } }],
      refers(subject, 'application/vnd.dev.cosign.artifact.sig.v1+json'),
    )
    expect((await findEvidence(image, subject.digest)).found.map((one) => one.form)).toEqual(['cosign-signature'])
  })

  test('passes over referrers that are something else, and counts them', async () => {
    const { image, subject } = await imageWithSubject()
    await store(image, [{ mediaType: 'text/plain', bytes: utf8('sbom') }], refers(subject, 'application/vnd.example.sbom'))
    const { found, looked } = await findEvidence(image, subject.digest)
    expect(found).toEqual([])
    expect(looked[0]).toContain('0 that may hold evidence, of 1')
  })

  test('a piece that cannot be read is said, and hides no other', async () => {
    const { image, subject } = await imageWithSubject()
    const gone = await image.storeBlob(utf8('gone'))
    await store(image, [{ mediaType: MEDIA.bundle, bytes: utf8('gone') }], refers(subject, MEDIA.bundle))
    await store(image, [bundleLayer('a'), bundleLayer('b')], refers(subject, MEDIA.bundle))
    await store(image, [bundleLayer('good')], refers(subject, MEDIA.bundle))
    image.dropBlob(gone.digest)
    const { found, unreadable } = await findEvidence(image, subject.digest)
    expect(found.map((one) => one.bytes)).toEqual([utf8('good')])
    expect(unreadable.map((one) => one.error.code)).toEqual(['not-found', 'evidence-malformed'])
  })

  test('the same bundle twice counts once, but a copy with another log proof does not take its place', async () => {
    const { image, subject } = await imageWithSubject()
    for (const annotations of [
      { 'dev.tallystick.log.proof': 'false', 'org.opencontainers.image.created': '1' },
      { 'dev.tallystick.log.proof': 'true', 'org.opencontainers.image.created': '2' },
      { 'dev.tallystick.log.proof': 'true', 'org.opencontainers.image.created': '3' },
    ]) {
      await store(image, [bundleLayer('b')], { ...refers(subject, MEDIA.bundle), annotations })
    }
    const { found } = await findEvidence(image, subject.digest)
    expect(found.map((one) => one.annotations['dev.tallystick.log.proof'])).toEqual(['false', 'true'])
  })

  test('endless signatures are refused, not read without end', async () => {
    const { image, subject } = await imageWithSubject()
    const layer = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', ...(await image.storeBlob(utf8('p'))) }
    const layers = Array.from({ length: LIMITS.evidencePerArtifact }, (_, n) => ({ ...layer, annotations: { [SIGNATURE]: String(n) } }))
    const many = await image.storeManifest({ schemaVersion: 2, layers })
    await image.putTag(`sha256-${hexOf(subject.digest)}.sig`, many.digest)
    await store(image, [bundleLayer('one more')], refers(subject, MEDIA.bundle))
    await expect(findEvidence(image, subject.digest)).rejects.toThrow(/evidencePerArtifact/)
  })

  test('a piece that says it is over the cap is not fetched', async () => {
    const { image, subject } = await imageWithSubject()
    const digest = `sha256:${'0'.repeat(64)}` as Digest
    const layers = [{ mediaType: MEDIA.bundle, digest, size: LIMITS.bundleBytes + 1 }]
    await image.storeManifest({ schemaVersion: 2, layers, ...refers(subject, MEDIA.bundle) })
    expect((await findEvidence(image, subject.digest)).unreadable[0]?.error.message).toContain('bundleBytes')
  })
})
