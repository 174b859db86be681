import { createHash } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tarBytes } from '../../src/artifact/tar-write.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import { openOciArchive } from '../../src/artifact/oci-archive.ts'
import { withSpooled } from '../../src/cli/spool.ts'
import { testDeps } from '../support/deps.ts'
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
  ])('from stdin, %s', async (_, bytes) => {
    expect(await sbom(['-', '-f', 'purls'], bytes)).toMatchObject({ exitCode: 0, stdout: PURLS })
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

describe('an engine', () => {
  const withEngine = async (answer: Uint8Array, use: (env: Record<string, string>, asked: readonly string[]) => Promise<void>) => {
    const asked: string[] = []
    const socket = join(dir, 'engine')
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end(answer)
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    try {
      await use({ DOCKER_HOST: `unix://${socket}` }, asked)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  test('has an image by digest, too, which is no part of its name', async () => {
    await withEngine(archive, async (env) => {
      const { stdout } = await sbom([`docker:team/demo:1@sha256:${'a'.repeat(64)}`, '-f', 'cyclonedx-json'], undefined, env)
      expect(JSON.parse(stdout)).toMatchObject({
        metadata: { component: { name: 'team/demo', purl: `pkg:oci/demo@sha256:${hash(config)}` } },
      })
    })
  })

  test('is asked for a bare name, unless a file has it', async () => {
    await withEngine(archive, async (env, asked) => {
      expect(await sbom(['team/demo:1', '-f', 'purls'], undefined, env)).toMatchObject({ exitCode: 0, stdout: PURLS })
      expect(asked).toEqual(['/images/team%2Fdemo%3A1/get'])
      expect(await sbom([join(dir, 'demo.tar'), '-f', 'purls'], undefined, env)).toMatchObject({ exitCode: 0, stdout: PURLS })
      expect((await sbom(['./nope.tar'], undefined, env)).stderr).toContain('is not there')
      expect(asked).toHaveLength(1)
    })
  })

  test('elsewhere is not asked for a bare name', async () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', CONTAINER_HOST: 'ssh://me@host' }
    expect(await sbom(['demo:1'], undefined, env)).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('is not there') as unknown,
    })
    expect((await sbom(['docker:demo:1'], undefined, env)).stderr).toMatch(/docker save IMAGE \| tally sbom -/)
  })

  test('is told the platform, and what it gives must be for it', async () => {
    await withEngine(archive, async (env, asked) => {
      const ask = async (platform: string) => await sbom(['docker:demo', '--platform', platform, '-f', 'purls'], undefined, env)
      expect(await ask('linux/amd64')).toMatchObject({ exitCode: 0, stdout: PURLS })
      expect(asked).toEqual([`/images/demo/get?platform=${encodeURIComponent('{"os":"linux","architecture":"amd64"}')}`])
      const other = await ask('linux/arm64/v8')
      expect(other).toMatchObject({ exitCode: 5, stdout: '' })
      expect(other.stderr).toMatch(/docker:demo.*is for linux\/amd64, not for linux\/arm64\/v8/)
      expect((await ask('arm64')).exitCode).toBe(2)
    })
  })

  test('cannot pass off a layer for another', async () => {
    const other = Buffer.from(archive)
    other.write('2.36-8', other.indexOf('2.36-9'))
    await withEngine(new Uint8Array(other), async (env) => {
      // The cache knows the layer that is promised, so that what comes instead of it would not be looked at.
      const said = await sbom(['docker:demo', '-f', 'purls', '--no-cache'], undefined, env)
      expect(said).toMatchObject({ exitCode: 1, stdout: '' })
      expect(said.stderr).toContain('digest-mismatch')
      expect(said.stderr).not.toMatch(/\/proc\/|tally-/)
    })
  })
})

describe('an image for one platform', () => {
  test.each([
    ['linux/amd64', 0],
    ['linux/arm64', 5],
    ['windows/amd64', 5],
    ['linux/amd64/v1', 0],
    ['linux', 5],
  ])('asked for as %s', async (platform, exitCode) => {
    expect((await sbom([join(dir, 'demo.tar'), '--platform', platform])).exitCode).toBe(exitCode)
  })
})

describe('a stream is kept in a file', () => {
  /** The world, and the folders that were made in it. */
  const watched = () => {
    const made: string[] = []
    const mkdtemp = async (prefix: string): Promise<string> => {
      const folder = await fs.mkdtemp(prefix)
      made.push(folder)
      return folder
    }
    return { deps: testDeps({ fs: { ...fs, mkdtemp: mkdtemp as typeof fs.mkdtemp } }), made }
  }
  const isThere = async (path: string) =>
    await fs.stat(path).then(
      () => true,
      () => false,
    )

  test('of its owner alone, on Linux without a name, so that not even a kill leaves it behind', async () => {
    const { deps, made } = watched()
    const read = await withSpooled(deps, pieces(archive), 'a stream', async (path) => {
      expect((await fs.stat(path)).mode & 0o777).toBe(0o600)
      expect(await Promise.all(made.map(isThere))).toEqual([process.platform !== 'linux'])
      return await fs.readFile(path)
    })
    expect(Buffer.compare(read, archive)).toBe(0)
    expect(await Promise.all(made.map(isThere))).toEqual([false])
  })

  test('that is gone when it fails, and whose errors speak of it by the name a person knows', async () => {
    const { deps, made } = watched()
    const failing = withSpooled(deps, pieces(archive), 'a stream', async (path) => await openOciArchive(deps, path))
    await expect(failing).rejects.toMatchObject({ code: 'artifact-malformed', where: 'a stream' })
    const torn = withSpooled(deps, tornOff(), 'a stream', async () => await Promise.resolve('never'))
    await expect(torn).rejects.toMatchObject({ code: 'network', where: 'a stream' })
    expect(await Promise.all(made.map(isThere))).toEqual([false, false])
  })
})

async function* tornOff(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(archive.subarray(0, 700))
  throw Object.assign(new Error('torn'), { code: 'ECONNRESET' })
}

/** As a pipe gives it: in pieces that end anywhere. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 700) yield await Promise.resolve(bytes.subarray(at, at + 700))
}

describe('what is no image is refused', () => {
  test.each([
    ['a text on stdin', ['-'], utf8('hello'), 1, /neither an SBOM in JSON nor an image archive/],
    ['half an SBOM on stdin', ['-'], utf8('{"bomFormat":'), 1, /not JSON/],
    ['a file that is not there', ['nope.tar'], undefined, 5, /is not there/],
    ['a place with another interface', ['containerd:app'], undefined, 2, /containerd: is no place that is read[^]*ctr image export/],
  ] as const)('%s', async (_, words, stdin, exitCode, why) => {
    const said = await sbom(words, stdin)
    expect(said.stderr).toMatch(why)
    expect(said.exitCode).toBe(exitCode)
  })
})
