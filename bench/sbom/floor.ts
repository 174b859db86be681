import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'

// The least that somebody must do who looks at an image and believes its digests: hash each layer packed, unpack it, hash it again.

const [layout = '.'] = process.argv.slice(2)
type Descriptor = { readonly digest: string }
const blob = (digest: string): string => join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length))
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
const [image] = (read(join(layout, 'index.json')) as { manifests: Descriptor[] }).manifests
const { config, layers } = read(blob(image?.digest ?? '')) as { config: Descriptor; layers: Descriptor[] }
const { rootfs } = read(blob(config.digest)) as { rootfs: { diff_ids: string[] } }
for (const [index, { digest }] of layers.entries()) {
  const [packed, unpacked] = [createHash('sha256'), createHash('sha256')]
  const gunzip = createGunzip({ chunkSize: 1 << 18 })
  createReadStream(blob(digest), { highWaterMark: 1 << 18 })
    .on('data', (piece) => packed.update(piece))
    .pipe(gunzip)
  for await (const piece of gunzip) unpacked.update(piece as Uint8Array)
  if (`sha256:${packed.digest('hex')}` !== digest) throw new Error(`layer ${index + 1} is not what its digest says`)
  if (`sha256:${unpacked.digest('hex')}` !== rootfs.diff_ids[index]) throw new Error(`layer ${index + 1} unpacks to something else`)
}
