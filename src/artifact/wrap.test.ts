import { expect, test } from 'vitest'
import { wrapFile, wrappedFileOf } from './wrap.ts'
import { manifestBytesOf } from './manifest.ts'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'

const file = { name: 'app-1.0.tgz', digest: digestOf(utf8('app')), size: 3 }

test('a file is wrapped into bytes that never change', () => {
  const { manifest, layer, config } = wrapFile(file)
  expect(textOf(manifest.bytes)).toBe(
    '{"artifactType":"application/vnd.tallystick.file.v1",' +
      '"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":"application/vnd.oci.empty.v1+json","size":2},' +
      `"layers":[{"annotations":{"org.opencontainers.image.title":"app-1.0.tgz"},"digest":"${file.digest}","mediaType":"application/octet-stream","size":3}],` +
      '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}',
  )
  expect(layer).toMatchObject({ digest: file.digest, size: 3 })
  expect(textOf(config)).toBe('{}')
  expect(wrappedFileOf(manifest)).toEqual(file)
})

test.each(['', '.', '..', 'a/b', 'a\\b', 'a\nb', '/etc/passwd', 'x'.repeat(256), '\ud800'])('refuses the name %j', (name) => {
  expect(() => wrapFile({ ...file, name })).toThrow(expect.objectContaining({ code: 'reference-invalid' }))
})

test('a manifest with anything more or otherwise written is not a wrapped file', () => {
  const text = textOf(wrapFile(file).manifest.bytes)
  const changed = [
    text.replace('}],', `},{"digest":"${file.digest}","mediaType":"application/octet-stream","size":3}],`),
    text.replace('"schemaVersion":2', '"schemaVersion":2,"annotations":{"a":"b"}'),
    text.replace('app-1.0.tgz', '../app'),
    text.replace('tallystick.file', 'other.file'),
    `${text}\n`,
  ]
  for (const other of changed) {
    expect(other).not.toBe(text)
    expect(wrappedFileOf(manifestBytesOf(utf8(other), 'here'))).toBeUndefined()
  }
})
