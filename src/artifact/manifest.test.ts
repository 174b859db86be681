import { describe, expect, test } from 'vitest'
import { MEDIA } from './artifact.ts'
import { manifestBytesOf, readManifest } from './manifest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { LIMITS } from '../kernel/limits.ts'

const blob = { mediaType: 'application/octet-stream', digest: digestOf(utf8('x')), size: 1 }
const image = { schemaVersion: 2, mediaType: MEDIA.ociManifest, config: { ...blob, mediaType: MEDIA.ociConfig }, layers: [blob] }
const index = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [{ ...blob, mediaType: MEDIA.ociManifest }] }
const read = (value: unknown, promised?: string) => readManifest(utf8(JSON.stringify(value)), 'here', promised)

describe('readManifest', () => {
  test('an image: its parts, and the config type as artifact type', () => {
    expect(read(image)).toMatchObject({ kind: 'manifest', artifactType: MEDIA.ociConfig, layers: [blob] })
    expect(read({ ...image, artifactType: 'application/x' })).toMatchObject({ artifactType: 'application/x' })
  })

  test('an index, with its platforms', () => {
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7' }
    expect(read({ ...index, manifests: [{ ...index.manifests[0], platform }] })).toMatchObject({ kind: 'index', manifests: [{ platform }] })
  })

  test('the type follows from the structure where nobody wrote or promised one', () => {
    expect(read({ ...image, mediaType: undefined }).mediaType).toBe(MEDIA.ociManifest)
    expect(read({ ...index, mediaType: undefined }).mediaType).toBe(MEDIA.ociIndex)
    expect(read({ ...index, mediaType: undefined }, MEDIA.dockerIndex).mediaType).toBe(MEDIA.dockerIndex)
  })

  test('null lists, as Go writes empty ones, are empty', () => {
    expect(read({ ...image, layers: null })).toMatchObject({ layers: [] })
    expect(read({ ...index, manifests: null })).toMatchObject({ manifests: [] })
  })

  test.each<[string, unknown, string | undefined, string]>([
    ['an image that says it is an index', { ...image, mediaType: MEDIA.ociIndex }, undefined, 'another kind'],
    ['an index that says it is an image', { ...index, mediaType: MEDIA.ociManifest }, undefined, 'another kind'],
    ['an untyped index promised to be an image', { ...index, mediaType: undefined }, MEDIA.ociManifest, 'another kind'],
    ['both at once', { ...image, ...index }, undefined, 'and of an index'],
    ['another type than promised', image, MEDIA.dockerManifest, 'was promised'],
    ['a type of something else', { ...image, mediaType: 'text/html' }, undefined, 'no image manifest'],
    ['the first Docker schema', { schemaVersion: 1, fsLayers: [] }, undefined, 'schemaVersion'],
    ['a digest of another algorithm', { ...image, layers: [{ ...blob, digest: `sha512:${'a'.repeat(128)}` }] }, undefined, 'sha256'],
    ['a negative size', { ...image, layers: [{ ...blob, size: -1 }] }, undefined, 'layers.0.size'],
    ['a key that Go would read as ours', { ...image, Layers: [] }, undefined, 'looks like `layers`'],
    ['the same within a descriptor', { ...image, layers: [{ ...blob, Digest: blob.digest }] }, undefined, 'looks like `digest`'],
    ['a list', [], undefined, 'not a JSON object'],
    ['a text', 'x', undefined, 'not a JSON object'],
  ])('refuses %s', (_what, value, promised, why) => {
    expect(() => read(value, promised)).toThrow(
      expect.objectContaining({ code: 'artifact-malformed', message: expect.stringContaining(why) }),
    )
  })

  test('refuses what is not JSON, too deep, too large or too long', () => {
    expect(() => readManifest(utf8('{'), 'here')).toThrow(expect.objectContaining({ code: 'artifact-malformed' }))
    const deep = `{"a":${'['.repeat(200)}${']'.repeat(200)}}`
    expect(() => readManifest(utf8(deep), 'here')).toThrow(expect.objectContaining({ message: expect.stringContaining('jsonDepth') }))
    const large = utf8(JSON.stringify({ ...image, annotations: { pad: 'x'.repeat(LIMITS.manifestBytes) } }))
    expect(() => readManifest(large, 'here')).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
    const long = { ...image, layers: Array.from({ length: LIMITS.layersPerImage + 1 }, () => blob) }
    expect(() => read(long)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
  })
})

test('manifestBytesOf takes digest and size from the bytes alone', () => {
  const bytes = utf8(JSON.stringify(image))
  expect(manifestBytesOf(bytes, 'here')).toEqual({
    descriptor: { mediaType: MEDIA.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
    bytes,
  })
})
