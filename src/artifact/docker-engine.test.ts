import * as fs from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { readAll } from '../kernel/bytes.ts'
import { engineSocket, exportImage } from './docker-engine.ts'

let dir = ''
let server: Server
let asked: string[] = []
beforeEach(async () => {
  asked = []
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/images/demo%3A1/get') response.end(utf8('the archive'))
    else if (request.url === '/images/torn/get') {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    } else if (request.url === '/images/broken/get') response.writeHead(500).end('{"message":"disk \\u001b[31mfull"}')
    else if (request.url !== '/images/silent/get') response.writeHead(404).end('{"message":"no such image"}')
  })
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await fs.rm(dir, { recursive: true })
})

const deps = () => ({ signal: new AbortController().signal })
const get = async (name: string, socket = join(dir, 's')) => textOf(await readAll(exportImage(deps(), socket, name), 1000, 'configBytes'))

describe('an image of an engine', () => {
  test('is what the engine exports', async () => {
    expect(await get('demo:1')).toBe('the archive')
    expect(asked).toEqual(['/images/demo%3A1/get'])
  })

  test('has a name that is never a path', async () => {
    await expect(get('../../containers/json?x=')).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(asked).toEqual(['/images/..%2F..%2Fcontainers%2Fjson%3Fx%3D/get'])
  })

  test.each([
    ['nope', 'not-found', /no image of this engine/],
    ['torn', 'network', /./],
    ['broken', 'network', /answered 500: disk /],
  ])('%s is refused', async (name, code, why) => {
    const refused = get(name)
    await expect(refused).rejects.toThrow(expect.objectContaining({ code }))
    await expect(refused).rejects.toThrow(why)
    await refused.catch((error: unknown) => expect(String(error)).not.toContain('\u001b'))
  })

  test('that says nothing is not waited for without end', async () => {
    const silent = exportImage(deps(), join(dir, 's'), 'silent', undefined, 50)
    await expect(silent.next()).rejects.toThrow(/said nothing for 0.05 s/)
  })

  test('needs an engine', async () => {
    await expect(get('demo:1', join(dir, 'none'))).rejects.toThrow(/no engine listens here/)
  })

  test('stops when it is told to', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(exportImage({ signal: stop.signal }, join(dir, 's'), 'demo:1').next()).rejects.toThrow('enough')
  })
})

describe('the socket', () => {
  test.each([
    ['docker', {}, '/var/run/docker.sock'],
    ['docker', { DOCKER_HOST: 'unix:///run/user/1/docker.sock' }, '/run/user/1/docker.sock'],
    ['podman', {}, '/run/podman/podman.sock'],
    ['podman', { XDG_RUNTIME_DIR: '/run/user/1' }, '/run/user/1/podman/podman.sock'],
    ['podman', { CONTAINER_HOST: 'unix:///p.sock', DOCKER_HOST: 'unix:///d.sock' }, '/p.sock'],
  ] as const)('of %s with %j is %s', (engine, env, path) => expect(engineSocket(env, engine)).toBe(path))

  test.each(['tcp://10.0.0.1:2375', 'ssh://me@host', 'npipe:////./pipe/docker_engine'])('of %s is refused', (host) => {
    expect(() => engineSocket({ DOCKER_HOST: host }, 'docker')).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
