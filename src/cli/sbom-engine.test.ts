import { writeFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { inTempDir } from '../artifact/image-fixture.ts'
import { rawTar } from '../artifact/tar-fixture.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, hexOf } from '../kernel/digest.ts'
import { canonicalBytes } from '../kernel/json.ts'
import type { Sbom } from '../sbom/model.ts'
import type { Context } from './command.ts'
import { sbom } from './commands/sbom.ts'
import { parseLine } from './parse-flags.ts'
import { loadSbom } from './sbom-load.ts'
import { openTerminal } from './terminal.ts'

const layer = rawTar([{ name: 'app/node_modules/left-pad/package.json', content: utf8('{"name":"left-pad","version":"1.3.0"}') }])
const config = canonicalBytes({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } })
const configName = `${hexOf(digestOf(config))}.json`
/** As an engine saves it: the list comes last. */
const saved = rawTar([
  { name: 'one/layer.tar', content: layer },
  { name: configName, content: config },
  { name: 'manifest.json', content: canonicalBytes([{ Config: configName, RepoTags: ['team/app:1.0'], Layers: ['one/layer.tar'] }]) },
])

function contextOf(env: Record<string, string>, stdin: Uint8Array = new Uint8Array()): Context {
  const terminal = openTerminal({ stdout: process.stdout, stderr: process.stderr, stdin: {} }, 'never', {})
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < stdin.byteLength; at += 1000) yield stdin.subarray(at, at + 1000)
  }
  return { ...parseLine(sbom, ['x'], env), deps: testDeps({ env }), terminal, cwd: tmpdir(), stdin: pieces }
}

async function withEngine<T>(answer: RequestListener, use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  return await inTempDir(async (dir) => {
    const path = join(dir, 'engine.sock')
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(path, resolve))
    try {
      return await use({ DOCKER_HOST: `unix://${path}`, CONTAINER_HOST: `unix://${path}` })
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
}

async function list(target: string, env: Record<string, string>, stdin?: Uint8Array): Promise<Sbom> {
  return (await loadSbom(contextOf(env, stdin), target)).sbom
}

const purls = ({ components }: Sbom): readonly string[] => components.map(({ purl }) => purl)

async function spools(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('tally-spool-'))
}

describe('an image of a container engine', () => {
  test.each(['docker', 'podman'])('of %s is listed as the engine saves it, and known by its id', async (engine) => {
    const asked: string[] = []
    const found = await withEngine(
      (request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.writeHead(200, { 'content-type': 'application/x-tar' }).end(saved)
      },
      async (env) => await list(`${engine}:team/app:1.0`, env),
    )
    expect(asked).toEqual(['GET /images/team/app%3A1.0/get'])
    expect(purls(found)).toEqual(['pkg:npm/left-pad@1.3.0'])
    expect(found.subject).toMatchObject({
      name: 'team/app:1.0',
      purl: `pkg:docker/app@${digestOf(config)}`,
      digests: { sha256: hexOf(digestOf(config)) },
    })
  })

  test('that it does not have is told by its name, and what the engine said', async () => {
    const failed = withEngine(
      (_, response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"No such image: nope:latest"}'),
      async (env) => await list('docker:nope', env),
    )
    await expect(failed).rejects.toThrow(
      expect.objectContaining({ code: 'not-found', message: expect.stringContaining('No such image: nope:latest') as string }),
    )
  })

  test.each<[string, RequestListener, string]>([
    ['answers with an error', (_, response) => response.writeHead(500).end('{"message":"out of order"}'), 'network'],
    [
      'stops in the middle',
      (_, response) => {
        response.writeHead(200, { 'content-length': saved.byteLength }).write(saved.subarray(0, 700))
        setTimeout(() => response.destroy(), 20)
      },
      'network',
    ],
    ['saves a lie', (_, response) => response.end(Buffer.from(saved).fill('x', 1033, 1041)), 'digest-mismatch'],
    ['saves no archive', (_, response) => response.end('hello'), 'artifact-malformed'],
  ])('that %s is refused, and nothing is left behind', async (_, answer, code) => {
    const before = await spools()
    await expect(withEngine(answer, async (env) => await list('docker:app', env))).rejects.toThrow(expect.objectContaining({ code }))
    expect((await spools()).filter((name) => !before.includes(name))).toEqual([])
  })

  test.each<[string, string, Record<string, string>, string, string]>([
    ['without a socket', 'docker:app', { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, 'not-found', '/nowhere/docker.sock'],
    ['over the network', 'docker:app', { DOCKER_HOST: 'tcp://10.0.0.1:2375' }, 'flag-unsupported', 'unix socket'],
    ['of containerd', 'containerd:app', {}, 'flag-unsupported', 'gRPC'],
  ])('%s is refused by name', async (_, target, env, code, what) => {
    await expect(list(target, env)).rejects.toThrow(expect.objectContaining({ code, message: expect.stringContaining(what) as string }))
  })
})

describe('what comes in', () => {
  test('is an archive of an image, told by its bytes', async () => {
    expect(purls(await list('-', {}, saved))).toEqual(['pkg:npm/left-pad@1.3.0'])
  })

  test('is an SBOM', async () => {
    const document =
      '\n {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"a","version":"1","purl":"pkg:npm/a@1"}]}'
    expect(purls(await list('-', {}, utf8(document)))).toEqual(['pkg:npm/a@1'])
  })

  test('is nothing', async () => {
    await expect(list('-', {})).rejects.toThrow(expect.objectContaining({ where: 'stdin' }))
  })
})

describe('a docker archive in a file', () => {
  test('is listed, also under one of its tags', async () => {
    await inTempDir(async (dir) => {
      const path = join(dir, 'saved.tar')
      await writeFile(path, saved)
      for (const target of [path, `docker-archive:${path}`, `docker-archive:${path}:1.0`])
        expect(purls(await list(target, {}))).toEqual(['pkg:npm/left-pad@1.3.0'])
    })
  })
})
