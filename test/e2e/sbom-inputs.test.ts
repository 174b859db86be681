import { createHash } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tarBytes } from '../../src/artifact/tar-write.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { tallyInside } from '../support/tally-inside.ts'

// Where `tally sbom` takes what it looks into: one image, by every way there is.

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const file = (path: string, text: string | Uint8Array) =>
  ({ type: 'file', path, content: typeof text === 'string' ? utf8(text) : text }) as const
const layer = tarBytes(
  [
    file('etc/os-release', 'ID=debian\nVERSION_ID=12\n'),
    file('var/lib/dpkg/status', 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n'),
  ],
  { mtime: 0 },
)
const config = utf8(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [`sha256:${hash(layer)}`] } }))
const list = JSON.stringify([{ Config: `${hash(config)}.json`, RepoTags: ['team/demo:1'], Layers: ['a/layer.tar'] }])
const archive = tarBytes([file(`${hash(config)}.json`, config), file('a/layer.tar', layer), file('manifest.json', list)], { mtime: 0 })
const PURLS = 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12\npkg:generic/debian@12\n'

let dir = ''
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  await fs.writeFile(join(dir, 'demo.tar'), archive)
})
afterAll(() => fs.rm(dir, { recursive: true }))
const sbom = async (words: readonly string[], stdin?: Uint8Array, env: Record<string, string> = {}) =>
  await tallyInside(dir, ['sbom', ...words], stdin, env)

describe('an image is looked into', () => {
  test.each(['docker-archive:', ''])('as %sFILE, known by what engines call its id', async (prefix) => {
    const target = `${prefix}${join(dir, 'demo.tar')}`
    expect(await sbom([target, '-f', 'purls'])).toMatchObject({ exitCode: 0, stdout: PURLS })
    const { stdout } = await sbom([target, '-f', 'cyclonedx-json'])
    expect(JSON.parse(stdout)).toMatchObject({
      metadata: { component: { name: 'team/demo', purl: `pkg:oci/demo@sha256:${hash(config)}`, hashes: [{ content: hash(config) }] } },
    })
  })

  test.each([
    ['as it is', archive],
    ['compressed', new Uint8Array(gzipSync(archive))],
  ])('from stdin, %s, and leaves nothing behind', async (_, bytes) => {
    const left = async () => (await fs.readdir(tmpdir())).filter((name) => name.startsWith('tally-')).length
    const before = await left()
    expect(await sbom(['-', '-f', 'purls'], bytes)).toMatchObject({ exitCode: 0, stdout: PURLS })
    expect(await left()).toBeLessThanOrEqual(before)
  })

  test('from an engine’s socket', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/images/team%2Fdemo%3A1/get') response.end(archive)
      else response.writeHead(404).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(join(dir, 'sock'), resolve))
    const env = { DOCKER_HOST: `unix://${join(dir, 'sock')}` }
    try {
      expect(await sbom(['docker:team/demo:1', '-f', 'purls'], undefined, env)).toMatchObject({ exitCode: 0, stdout: PURLS })
      expect(await sbom(['docker:nope'], undefined, env)).toMatchObject({
        exitCode: 5,
        stderr: expect.stringContaining('no image') as unknown,
      })
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('what is no image is refused', () => {
  test.each([
    ['a text on stdin', ['-'], utf8('hello'), 1, /neither an SBOM in JSON nor an image archive/],
    ['half an SBOM on stdin', ['-'], utf8('{"bomFormat":'), 1, /not JSON/],
    ['a file that is not there', ['nope.tar'], undefined, 5, /is not there/],
    ['a place with another interface', ['containerd:app'], undefined, 2, /ctr image export/],
  ] as const)('%s', async (_, words, stdin, exitCode, why) => {
    const said = await sbom(words, stdin)
    expect(said.stderr).toMatch(why)
    expect(said.exitCode).toBe(exitCode)
  })
})
