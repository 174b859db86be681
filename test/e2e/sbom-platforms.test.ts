import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MEDIA } from '../../src/artifact/artifact.ts'
import type { Descriptor } from '../../src/artifact/artifact.ts'
import { tarBytes } from '../../src/artifact/tar-write.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf, hexOf } from '../../src/kernel/digest.ts'
import type { Digest } from '../../src/kernel/digest.ts'
import { tallyInside } from '../support/tally-inside.ts'

let dir = ''
let layout = ''
let whole: Digest
const images: Descriptor[] = []

async function put(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes)
  await fs.writeFile(join(layout, 'blobs/sha256', hexOf(digest)), bytes)
  return { mediaType, digest, size: bytes.byteLength }
}

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value))

/** An image with one npm package of this version. */
async function putImage(version: string, platform: { os: string; architecture: string; variant?: string }): Promise<Descriptor> {
  const content = json({ name: 'left-pad', version })
  const tar = tarBytes([{ type: 'file', path: 'app/node_modules/left-pad/package.json', content }], { mtime: 0 })
  const layer = await put(tar, 'application/vnd.oci.image.layer.v1.tar')
  const config = await put(json({ ...platform, rootfs: { type: 'layers', diff_ids: [layer.digest] } }), MEDIA.ociConfig)
  return { ...(await put(json({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers: [layer] }), MEDIA.ociManifest)), platform }
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  layout = join(dir, 'layout')
  await fs.mkdir(join(layout, 'blobs/sha256'), { recursive: true })
  images.push(
    await putImage('1.0.0', { os: 'linux', architecture: 'amd64' }),
    await putImage('2.0.0', { os: 'linux', architecture: 'arm', variant: 'v7' }),
    await putImage('3.0.0', { os: '../windows', architecture: 'amd64' }),
    await putImage('4.0.0', { os: '../windows', architecture: 'amd64' }),
  )
  const attestation = {
    ...(await put(json({ schemaVersion: 2 }), MEDIA.ociManifest)),
    platform: { os: 'unknown', architecture: 'unknown' },
  }
  const index = await put(json({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [...images, attestation] }), MEDIA.ociIndex)
  whole = index.digest
  await fs.writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await fs.writeFile(join(layout, 'index.json'), json({ schemaVersion: 2, manifests: [index] }))
})
afterAll(async () => await fs.rm(dir, { recursive: true, force: true }))

const sbom = async (...words: readonly string[]) =>
  await tallyInside(dir, ['sbom', ...words], undefined, { SOURCE_DATE_EPOCH: '1764028800' })

describe('tally sbom --all-platforms', () => {
  test('writes an SBOM for each image, and an index that binds them to it', async () => {
    const out = join(dir, 'sboms')
    expect(await sbom(layout, '--all-platforms', '-o', `cyclonedx-json=${out}`, '-o', `spdx-json@3.0.1=${out}`)).toMatchObject({
      exitCode: 0,
    })
    const index = JSON.parse(await fs.readFile(join(out, 'index.json'), 'utf8')) as {
      readonly digest: string
      readonly sboms: readonly { readonly platform: string; readonly file: string; readonly image: Digest; readonly digest: Digest }[]
    }
    expect(index.digest).toBe(whole)
    const windows = (at: number) => `-windows-amd64-${hexOf(images[at]?.digest ?? whole).slice(0, 12)}`.replace(/^-/, '')
    const stems = ['linux-amd64', 'linux-arm-v7', windows(2), windows(3)]
    expect(index.sboms.map(({ file }) => file)).toEqual(stems.flatMap((stem) => [`${stem}.cdx.json`, `${stem}.spdx3.json`]))
    expect((await fs.readdir(out)).toSorted()).toEqual([...index.sboms.map(({ file }) => file), 'index.json'].toSorted())
    for (const [at, { file, image, digest }] of index.sboms.entries()) {
      const bytes = await fs.readFile(join(out, file))
      expect(digestOf(bytes)).toBe(digest)
      expect(image).toBe(images[Math.floor(at / 2)]?.digest)
      expect(bytes.toString('utf8')).toContain(`pkg:npm/left-pad@${Math.floor(at / 2) + 1}.0.0`)
      expect(bytes.toString('utf8')).toContain(hexOf(image))
    }
  })

  test('gives the same bytes twice', async () => {
    const [one, two] = [join(dir, 'one'), join(dir, 'two')]
    for (const out of [one, two]) await sbom(layout, '--all-platforms', '-o', `cyclonedx-json=${out}`)
    for (const name of await fs.readdir(one)) {
      expect(Buffer.compare(await fs.readFile(join(one, name)), await fs.readFile(join(two, name)))).toBe(0)
    }
  })

  test('fails for what --fail-on names, with the platform it is of', async () => {
    const said = await sbom(layout, '--all-platforms', '-o', `purls=${join(dir, 'failed')}`, '--fail-on', 'unlicensed')
    expect(said.exitCode).toBe(1)
    expect(said.stderr).toMatch(/linux\/arm\/v7: unlicensed/)
  })

  test.each([
    [[], /needs a folder/, 2],
    [['-o', 'purls=x', '--platform', 'linux/amd64'], /does not go with --platform/, 2],
    [['-o', 'purls=x', '-f', 'table'], /does not go with --format/, 2],
  ])('says what it needs: %j', async (words, why, exitCode) => {
    const said = await sbom(layout, '--all-platforms', ...words)
    expect(said.stderr).toMatch(why)
    expect(said.exitCode).toBe(exitCode)
  })

  test('is for an index alone', async () => {
    const one = `oci:${layout}@${images[0]?.digest}`
    expect((await sbom(one, '--all-platforms', '-o', `purls=${join(dir, 'x')}`)).stderr).toMatch(/is no index of images/)
    expect((await sbom(join(layout, 'oci-layout'), '--all-platforms', '-o', `purls=${join(dir, 'x')}`)).stderr).toMatch(/is no index/)
    expect(await fs.readdir(dir)).not.toContain('x')
  })
})
