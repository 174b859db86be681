import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { engineSockets, exportImage, isEngineImage } from '../artifact/docker-engine.ts'
import { inTempDir } from '../artifact/image-fixture.ts'
import { ociArchiveBytes } from '../artifact/oci-archive-write.ts'
import { rawTar } from '../artifact/tar-fixture.ts'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import { toCycloneDx } from '../sbom/formats/cyclonedx/write.ts'
import type { Sbom } from '../sbom/model.ts'
import type { Context } from './command.ts'
import { loadSbom } from './sbom-load.ts'

const layer = rawTar([{ name: 'app/node_modules/left-pad/package.json', content: utf8('{"name":"left-pad","version":"1.3.0"}') }])
const config = canonicalBytes({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } })
const configName = `${hexOf(digestOf(config))}.json`
const saved = rawTar([
  { name: 'layer.tar', content: layer },
  { name: configName, content: config },
  { name: 'manifest.json', content: canonicalBytes([{ Config: configName, RepoTags: ['team/demo:1.0'], Layers: ['layer.tar'] }]) },
])
const { bytes: layout } = ociArchiveBytes({ config: { os: 'linux', architecture: 'amd64' }, layers: [{ tar: layer }], mtime: 0 })
const LEFT_PAD = ['pkg:npm/left-pad@1.3.0']

type Given = { readonly cwd: string; readonly env?: Record<string, string>; readonly stdin?: Uint8Array; readonly platform?: string }

function contextOf({ cwd, env = {}, stdin, platform }: Given): Context {
  return {
    cwd,
    deps: testDeps({ env: { SOURCE_DATE_EPOCH: '1764028800', ...env } }),
    flags: { text: (name) => (name === 'platform' ? platform : undefined), list: () => [], on: () => false },
    words: [],
    rest: [],
    stdin: () => pieces(stdin ?? new Uint8Array()),
    terminal: undefined as unknown as Context['terminal'],
  }
}

/** As a pipe gives it: in pieces that end anywhere. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 300) yield await Promise.resolve(bytes.subarray(at, at + 300))
}

const purls = ({ components }: Sbom): readonly string[] => components.map(({ purl }) => purl)
const temporary = async (): Promise<ReadonlySet<string>> => new Set((await readdir(tmpdir())).filter((name) => name.startsWith('tally-')))

async function withEngine<T>(
  answer: RequestListener,
  use: (socket: string, dir: string, asked: readonly string[]) => Promise<T>,
): Promise<T> {
  return await inTempDir(async (dir) => {
    const socket = join(dir, 'engine.sock')
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    try {
      return await use(socket, dir, asked)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
}

describe('a docker archive', () => {
  test.each(['docker-archive:saved.tar', 'saved.tar', 'saved.tar:1.0'])('is listed as %s', async (target) => {
    await inTempDir(async (cwd) => {
      await writeFile(join(cwd, 'saved.tar'), saved)
      const { sbom } = await loadSbom(contextOf({ cwd }), target.replace('saved.tar', join(cwd, 'saved.tar')))
      expect(purls(sbom)).toEqual(LEFT_PAD)
      expect(sbom.subject.name).toBe('team/demo')
      expect(sbom.subject.purl).toBe(`pkg:docker/demo@${digestOf(config)}`)
    })
  })
})

describe('what comes in', () => {
  test.each([
    ['a docker archive', saved],
    ['a docker archive that is compressed', gzipSync(saved)],
    ['an OCI archive', layout],
  ])('is looked into: %s', async (_, stdin) => {
    await inTempDir(async (cwd) => {
      const before = await temporary()
      const { sbom } = await loadSbom(contextOf({ cwd, stdin }), '-')
      expect(purls(sbom)).toEqual(LEFT_PAD)
      expect(textOf(toCycloneDx(sbom))).not.toMatch(/\/proc\/|tally-/)
      expect([...(await temporary())].filter((name) => !before.has(name) && name !== cwd)).toEqual([])
    })
  })

  test('is read as an SBOM', async () => {
    await inTempDir(async (cwd) => {
      const stdin = toCycloneDx((await loadSbom(contextOf({ cwd, stdin: saved }), '-')).sbom)
      expect(purls((await loadSbom(contextOf({ cwd, stdin }), '-')).sbom)).toEqual(LEFT_PAD)
    })
  })

  test.each([
    ['nothing', new Uint8Array(), /stdin/],
    ['a tar of other things', rawTar([{ name: 'a', content: utf8('b') }]), /no image archive/],
    ['half an archive', saved.subarray(0, 2048), /stdin/],
    ['a bomb', gzipSync(new Uint8Array(64 * 1024 * 1024)), /./],
  ])('is refused, by its name and with nothing left behind: %s', async (_, stdin, why) => {
    await inTempDir(async (cwd) => {
      const before = await temporary()
      const error: unknown = await loadSbom(contextOf({ cwd, stdin }), '-').catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'TallyError' })
      expect(`${String((error as { where?: string }).where)}: ${String(error)}`).toMatch(why)
      expect(String((error as { where?: string }).where)).toContain('stdin')
      expect([...(await temporary())].filter((name) => !before.has(name) && !cwd.endsWith(name))).toEqual([])
    })
  })
})

describe('an engine', () => {
  test('is asked for the image over its socket, and for the platform', async () => {
    await withEngine(
      (_, response) => response.end(saved),
      async (socket, cwd, asked) => {
        const env = { DOCKER_HOST: `unix://${socket}` }
        const { sbom } = await loadSbom(contextOf({ cwd, env, platform: 'linux/amd64' }), 'docker:team/demo:1.0')
        expect(purls(sbom)).toEqual(LEFT_PAD)
        expect(sbom.subject.name).toBe('team/demo')
        expect(asked).toEqual([`GET /images/team/demo%3A1.0/get?platform=${encodeURIComponent('{"os":"linux","architecture":"amd64"}')}`])
      },
    )
  })

  test('is asked for a bare name, unless there is a file of that name', async () => {
    await withEngine(
      (_, response) => response.end(layout),
      async (socket, cwd, asked) => {
        const context = contextOf({ cwd, env: { DOCKER_HOST: `unix://${socket}` } })
        expect(purls((await loadSbom(context, 'demo:1.0')).sbom)).toEqual(LEFT_PAD)
        expect(asked).toEqual(['GET /images/demo%3A1.0/get'])
        await mkdir(join(cwd, 'demo'))
        await loadSbom(context, join(cwd, 'demo'))
        await loadSbom(context, 'demo')
        expect(asked).toHaveLength(1)
      },
    )
  })

  test('podman has a socket of its own', async () => {
    await withEngine(
      (_, response) => response.end(saved),
      async (socket, cwd) => {
        await mkdir(join(cwd, 'podman'))
        await symlink(socket, join(cwd, 'podman', 'podman.sock'))
        expect(purls((await loadSbom(contextOf({ cwd, env: { XDG_RUNTIME_DIR: cwd } }), 'podman:demo')).sbom)).toEqual(LEFT_PAD)
      },
    )
  })

  test.each([
    ['an image it does not have', 404, '{"message":"No such image"}', 'not-found', /has no image demo/],
    ['an error', 500, '{"message":"out of \\u001b[31mdisk"}', 'service-error', /answered 500: out of [^\u001b]*disk/],
    ['an error that is no JSON', 503, '<html>', 'service-error', /answered 503$/],
  ])('says what it cannot give: %s', async (_, status, body, code, message) => {
    await withEngine(
      (_request, response) => response.writeHead(status).end(body),
      async (socket, cwd) => {
        const env = { DOCKER_HOST: `unix://${socket}` }
        await expect(loadSbom(contextOf({ cwd, env }), 'docker:demo')).rejects.toMatchObject({
          code,
          message: expect.stringMatching(message) as string,
        })
      },
    )
  })

  test('that breaks off gives no SBOM', async () => {
    await withEngine(
      (_, response) => {
        response.writeHead(200, { 'content-length': String(saved.byteLength) })
        response.write(saved.subarray(0, 700), () => response.destroy())
      },
      async (socket, cwd) => {
        const env = { DOCKER_HOST: `unix://${socket}` }
        await expect(loadSbom(contextOf({ cwd, env }), 'docker:demo')).rejects.toMatchObject({ code: 'network' })
      },
    )
  })

  test('gives no image whose layer is not the one its config names', async () => {
    const other = Buffer.from(saved)
    other[other.indexOf('left-pad","version')] = 'L'.charCodeAt(0)
    await withEngine(
      (_, response) => response.end(other),
      async (socket, cwd) => {
        const env = { DOCKER_HOST: `unix://${socket}` }
        await expect(loadSbom(contextOf({ cwd, env }), 'docker:demo')).rejects.toMatchObject({ code: 'digest-mismatch' })
      },
    )
  })

  test.each([
    ['docker:demo', { DOCKER_HOST: 'tcp://10.0.0.1:2375' }, 'flag-unsupported', 'docker save IMAGE | tally sbom -'],
    ['docker:demo', { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, 'not-found', 'registry:demo'],
    ['docker:../../containers/json?all=1#', { DOCKER_HOST: 'unix:///dev/null' }, 'reference-invalid', ''],
    ['containerd:demo', {}, 'flag-unsupported', 'ctr images export - demo | tally sbom -'],
  ])('is not asked what it cannot be: %s with %o', async (target, env: Record<string, string>, code, hint) => {
    await inTempDir(async (cwd) => {
      await expect(loadSbom(contextOf({ cwd, env }), target)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) as string })
    })
  })

  test('stops when it is told to', async () => {
    await withEngine(
      (_, response) => void response.writeHead(200).write('x'),
      async (socket) => {
        const stop = new AbortController()
        const read = readAll(exportImage({ signal: stop.signal }, { socket, image: 'demo' }), 1024, 'jsonBytes', 'test')
        setTimeout(() => stop.abort(), 20)
        await expect(read).rejects.toMatchObject({ code: 'interrupted' })
      },
    )
  })

  test('has names and sockets as documented', () => {
    expect(['nginx', 'nginx:1.27', 'host:5000/a/b@sha256:00', 'sha256:00ff'].every(isEngineImage)).toBe(true)
    expect(['', '../x', 'a//b', 'a/../b', 'a?b', 'a b', '-a', 'a#b', 'a%2fb'].some(isEngineImage)).toBe(false)
    expect(engineSockets('docker', { XDG_RUNTIME_DIR: '/run/user/1', HOME: '/home/a' })).toEqual([
      '/run/user/1/docker.sock',
      '/var/run/docker.sock',
      '/home/a/.docker/run/docker.sock',
    ])
    expect(engineSockets('podman', { CONTAINER_HOST: 'unix:///a.sock' })).toEqual(['/a.sock'])
  })
})
