import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { startFakeRegistry } from '../../../test/support/fake-registry.ts'
import type { FakeRegistry, FakeSwitches } from '../../../test/support/fake-registry.ts'
import {
  describe as describeBlob,
  EMPTY_DESCRIPTOR,
  makeImage,
  makeIndex,
  makeManifest,
  makeReferrer,
  putImages,
  streamOf,
} from '../../../test/support/images.ts'
import { pingRegistry } from './ping.ts'
import { openRegistry } from './registry.ts'
import { MEDIA } from '../artifact.ts'
import { readAll, textOf, toBase64, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { hexOf } from '../../kernel/digest.ts'
import { LIMITS } from '../../kernel/limits.ts'

const PLAIN = { allowHttp: false, offline: false }
let fake: FakeRegistry
let docker = ''
beforeAll(async () => {
  docker = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterAll(() => fs.rm(docker, { recursive: true }))
beforeEach(async () => {
  fake = await startFakeRegistry()
})
afterEach(() => fake.close())

const open = (repository = 'team/app', overrides: Partial<Deps> = {}, options = PLAIN) =>
  openRegistry(testDeps({ env: { DOCKER_CONFIG: docker }, ...overrides }), { host: fake.host, repository }, options)
const set = (switches: Partial<FakeSwitches>) => Object.assign(fake.switches, switches)
const logIn = (password: string, host = fake.host) =>
  fs.writeFile(join(docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth: toBase64(utf8(`me:${password}`)) } } }))
const logOut = () => fs.rm(join(docker, 'config.json'), { force: true })
const read = async (stream: AsyncIterable<Uint8Array>) => textOf(await readAll(stream, 1000, 'blobBytes'))

describe('a registry', () => {
  test('gives back what was put in', async () => {
    const image = makeImage('hello')
    const { digest } = image.manifest.descriptor
    const registry = open()
    await putImages(registry, image)
    await registry.putTag('v1', digest)
    await registry.putTag('a', digest)
    expect(await registry.resolveTag('v1')).toEqual(image.manifest.descriptor)
    expect(await registry.manifest(digest)).toEqual(image.manifest)
    expect(await read(registry.blob(describeBlob(utf8('hello'))))).toBe('hello')
    expect(await registry.tags()).toEqual(['a', 'v1'])
    expect(registry.name).toBe(`${fake.host}/team/app`)
  })

  test('what is not there is said so', async () => {
    const registry = open('empty')
    const { descriptor } = makeImage('x').manifest
    expect(await registry.resolveTag('v1')).toBeUndefined()
    expect(await registry.manifest(descriptor.digest)).toBeUndefined()
    expect(await registry.hasBlob(descriptor.digest)).toBe(false)
    expect(await registry.referrers(descriptor.digest)).toEqual([])
    expect(await registry.tags()).toEqual([])
    await expect(read(registry.blob(descriptor))).rejects.toMatchObject({ code: 'not-found' })
    await expect(registry.putTag('v1', descriptor.digest)).rejects.toMatchObject({ code: 'not-found' })
    await expect(registry.resolveTag('../x')).rejects.toMatchObject({ code: 'reference-invalid' })
  })

  test('writing again sends nothing again', async () => {
    const image = makeImage('hello')
    await putImages(open(), image)
    const before = fake.calls.length
    await open().putBlob(describeBlob(utf8('hello')), () => streamOf(utf8('hello')))
    expect(fake.calls.slice(before).map((call) => call.method)).toEqual(['GET', 'HEAD'])
  })

  test('tags and referrers over many pages are all found', async () => {
    const image = makeImage('a')
    const registry = open()
    await putImages(registry, image, ...Array.from({ length: 7 }, (_, at) => makeReferrer(image.manifest, `note ${at}`)))
    for (const tag of ['e', 'd', 'c', 'b', 'a']) await registry.putTag(tag, image.manifest.descriptor.digest)
    set({ pageSize: 2 })
    expect(await registry.tags()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await registry.referrers(image.manifest.descriptor.digest)).toHaveLength(7)
  })

  test('offline, nothing is called at all', async () => {
    const registry = open('team/app', {}, { allowHttp: false, offline: true })
    await expect(registry.resolveTag('v1')).rejects.toMatchObject({ code: 'offline' })
    await expect(read(registry.blob(describeBlob(utf8('x'))))).rejects.toMatchObject({ code: 'offline' })
    expect(fake.calls).toEqual([])
  })

  test('a repository that is none never becomes part of a path', () => {
    expect(() => open('../../admin')).toThrow(expect.objectContaining({ code: 'reference-invalid' }))
  })
})

describe('referrers', () => {
  const image = makeImage('a')
  const { digest } = image.manifest.descriptor
  const tag = `sha256-${hexOf(digest)}`

  test('with the API no tag is written', async () => {
    const registry = open()
    await putImages(registry, image, makeReferrer(image.manifest, 'note'))
    expect(await registry.referrers(digest)).toMatchObject([
      { artifactType: 'application/vnd.test.note', annotations: { 'org.opencontainers.image.title': 'note' } },
    ])
    expect(await registry.tags()).toEqual([])
  })

  test.each([
    ['without the API', { referrersApi: false }],
    ['when the API is only claimed', { referrersApi: false, claimsSubject: true }],
  ])('%s the fallback tag lists them', async (_what, switches) => {
    set(switches)
    const registry = open()
    await putImages(registry, image, makeReferrer(image.manifest, 'one'), makeReferrer(image.manifest, 'two'))
    await putImages(registry, makeReferrer(image.manifest, 'one'))
    expect(await registry.tags()).toEqual([tag])
    expect((await registry.referrers(digest)).map((referrer) => referrer.annotations?.['org.opencontainers.image.title'])).toEqual([
      'one',
      'two',
    ])
  })

  test('what was listed by tag is still found once the registry has the API', async () => {
    set({ referrersApi: false })
    await putImages(open(), image, makeReferrer(image.manifest, 'old'))
    set({ referrersApi: true })
    await putImages(open(), makeReferrer(image.manifest, 'new'))
    expect(await open().referrers(digest)).toHaveLength(2)
  })

  test.each([true, false])('many writers at once lose none (registry compares ETags: %s)', async (comparesEtags) => {
    set({ referrersApi: false, comparesEtags })
    await putImages(open(), image)
    await Promise.all(Array.from({ length: 5 }, (_, at) => putImages(open(), makeReferrer(image.manifest, `note ${at}`))))
    expect(await open().referrers(digest)).toHaveLength(5)
  })

  test('a list that leaves the artifact type out is completed from the manifest', async () => {
    set({ referrersApi: false })
    const note = makeReferrer(image.manifest, 'note')
    const registry = open()
    await putImages(registry, image, note, makeIndex([note]))
    await registry.putTag(tag, makeIndex([note]).manifest.descriptor.digest)
    expect(await registry.referrers(digest)).toMatchObject([{ artifactType: 'application/vnd.test.note' }])
  })

  test('a fallback tag that is no index is refused', async () => {
    set({ referrersApi: false })
    const registry = open()
    await putImages(registry, image)
    await registry.putTag(tag, digest)
    await expect(registry.referrers(digest)).rejects.toMatchObject({ code: 'registry-error' })
    await expect(putImages(registry, makeReferrer(image.manifest, 'note'))).rejects.toMatchObject({ code: 'registry-error' })
  })

  test('more than the cap are refused', async () => {
    const many = Array.from({ length: LIMITS.referrersPerDigest + 1 }, (_, at) => makeReferrer(image.manifest, `note ${at}`))
    for (const { manifest } of many) {
      fake.repo('team/app').manifests.set(manifest.descriptor.digest, { bytes: Buffer.from(manifest.bytes), type: MEDIA.ociManifest })
    }
    await expect(open().referrers(digest)).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})

describe('a registry that lies', () => {
  test('changed bytes are refused, whatever the headers say', async () => {
    const image = makeImage('hello')
    await putImages(open(), image)
    set({ corrupts: true })
    await expect(open().manifest(image.manifest.descriptor.digest)).rejects.toThrow()
    await expect(read(open().blob(describeBlob(utf8('hello'))))).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test('another manifest than asked for is refused (CVE-2023-33959)', async () => {
    const [asked, given] = [makeImage('asked'), makeImage('given')]
    await putImages(open(), asked, given)
    const { manifests } = fake.repo('team/app')
    manifests.set(asked.manifest.descriptor.digest, { bytes: Buffer.from(given.manifest.bytes), type: MEDIA.ociManifest })
    await expect(open().manifest(asked.manifest.descriptor.digest)).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test.each([
    [MEDIA.ociIndex, 'artifact-malformed'],
    [MEDIA.dockerManifest, 'artifact-malformed'],
    ['application/json', 'registry-error'],
    ['text/html', 'registry-error'],
  ])('a manifest served as %s is refused', async (contentType, code) => {
    const image = makeImage('hello')
    await putImages(open(), image)
    set({ contentType })
    await expect(open().manifest(image.manifest.descriptor.digest)).rejects.toMatchObject({ code })
  })

  test('a manifest larger than its cap is not read', async () => {
    const huge = makeManifest({ mediaType: MEDIA.ociManifest, config: EMPTY_DESCRIPTOR, layers: [] })
    const { digest } = huge.manifest.descriptor
    fake.repo('team/app').manifests.set(digest, { bytes: Buffer.alloc(LIMITS.manifestBytes + 1, ' '), type: MEDIA.ociManifest })
    await expect(open().manifest(digest)).rejects.toMatchObject({ code: 'limit-exceeded' })
  })

  test('a blob of another size is refused before it is read, also when it claims to be endless', async () => {
    await putImages(open(), makeImage('hello'))
    const { digest } = describeBlob(utf8('hello'))
    await expect(read(open().blob({ digest, size: 4 }))).rejects.toMatchObject({ code: 'digest-mismatch' })
    await expect(read(open().blob({ digest, size: LIMITS.blobBytes + 1 }))).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})

describe('who asks', () => {
  test('nothing is sent before it is asked for, and then a token for just that scope', async () => {
    set({ auth: 'token' })
    await logIn('secret')
    const image = makeImage('hello')
    await putImages(open(), image)
    expect(fake.calls[0]?.authorization).toBeUndefined()
    const scopes = fake.calls
      .filter((call) => call.server === 'token')
      .map((call) => new URL(call.url, 'http://x').searchParams.get('scope'))
    expect(scopes).toEqual(['repository:team/app:pull', 'repository:team/app:pull,push'])
    const passwords = fake.calls.filter((call) => call.authorization?.startsWith('Basic ') === true)
    expect(new Set(passwords.map((call) => call.server))).toEqual(new Set(['token']))
  })

  test('name and password go to a registry that wants them', async () => {
    set({ auth: 'basic' })
    await logIn('secret')
    const image = makeImage('hello')
    await putImages(open(), image)
    expect(await open().manifest(image.manifest.descriptor.digest)).toBeDefined()
  })

  test('an identity token is exchanged', async () => {
    set({ auth: 'token' })
    await fs.writeFile(join(docker, 'config.json'), JSON.stringify({ auths: { [fake.host]: { identitytoken: 'secret' } } }))
    await putImages(open(), makeImage('hello'))
  })

  test.each(['basic', 'token'] as const)(
    '%s: unknown, wrong or of another host: login is needed, and no password is shown',
    async (auth) => {
      set({ auth })
      const outcomes: unknown[] = []
      await logOut()
      outcomes.push(
        await open()
          .tags()
          .catch((error: unknown) => error),
      )
      await logIn('wrong-password')
      outcomes.push(
        await open()
          .tags()
          .catch((error: unknown) => error),
      )
      await logIn('secret', fake.host.replace(/:.*/, ':1'))
      outcomes.push(
        await open()
          .tags()
          .catch((error: unknown) => error),
      )
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ code: 'login-needed' })
        expect(JSON.stringify(outcome) + String(outcome)).not.toMatch(/wrong-password|secret|bWU6/)
      }
      const sent = fake.calls.filter((call) => call.authorization === `Basic ${toBase64(utf8('me:secret'))}`)
      expect(sent).toEqual([])
    },
  )

  test('a right that is missing is forbidden', async () => {
    set({ failing: { times: 9, status: 403 } })
    await expect(open().tags()).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('a realm on another host gets nothing', async () => {
    await logIn('secret')
    set({ auth: 'token', realm: `http://localhost:${fake.cdnHost.split(':')[1]}/token` })
    await expect(open().tags()).rejects.toMatchObject({ code: 'registry-error' })
    set({ realm: 'https://auth.evil.example/token' })
    await expect(open().tags()).rejects.toMatchObject({ code: 'registry-error' })
    expect(fake.calls.filter((call) => call.server !== 'registry' || call.authorization !== undefined)).toEqual([])
  })

  test('pingRegistry tells whether a password opens the registry', async () => {
    set({ auth: 'basic' })
    const deps = testDeps()
    await pingRegistry(deps, fake.host, { username: 'me', password: 'secret' }, PLAIN)
    const wrong = pingRegistry(deps, fake.host, { username: 'me', password: 'wrong' }, PLAIN)
    await expect(wrong).rejects.toMatchObject({ code: 'login-needed' })
    await expect(pingRegistry(deps, fake.host, undefined, PLAIN)).rejects.toMatchObject({ code: 'login-needed' })
  })
})

describe('redirects', () => {
  test('a blob on another host is fetched without credentials', async () => {
    set({ auth: 'basic' })
    await logIn('secret')
    await putImages(open(), makeImage('hello'))
    set({ redirectsBlobs: true })
    expect(await read(open().blob(describeBlob(utf8('hello'))))).toBe('hello')
    const elsewhere = fake.calls.filter((call) => call.server === 'cdn')
    expect(elsewhere).toHaveLength(1)
    expect(elsewhere[0]?.authorization).toBeUndefined()
  })

  test('one that never ends, or leads to plain http far away, is refused', async () => {
    await putImages(open(), makeImage('hello'))
    const blob = describeBlob(utf8('hello'))
    set({ redirectsBlobs: true, redirectsTo: `/v2/team/app/blobs/${blob.digest}` })
    await expect(read(open().blob(blob))).rejects.toMatchObject({ code: 'registry-error' })
    set({ redirectsTo: 'http://storage.example/blob?sig=s3cret' })
    const error = await read(open().blob(blob)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'insecure-transport' })
    expect(String(error)).not.toContain('s3cret')
  })
})

describe('a registry in trouble', () => {
  test('is asked again when it says when', async () => {
    const image = makeImage('hello')
    await putImages(open(), image)
    for (const status of [429, 500, 503]) {
      set({ failing: { times: LIMITS.httpAttempts - 1, status, retryAfter: '0' } })
      expect(await open('team/app').manifest(image.manifest.descriptor.digest)).toBeDefined()
    }
  })

  test('is not asked for ever, nor waited for as long as it likes', async () => {
    set({ failing: { times: 100, status: 503, retryAfter: '0' } })
    await expect(open().tags()).rejects.toMatchObject({ code: 'registry-error' })
    expect(fake.switches.failing.times).toBeGreaterThan(100 - 3 * LIMITS.httpAttempts)
    set({ failing: { times: 100, status: 429, retryAfter: '86400' } })
    const before = fake.calls.length
    await expect(open().tags()).rejects.toMatchObject({ code: 'registry-error' })
    expect(fake.calls.length - before).toBe(2)
  })

  test('that is not there is a matter of the network', async () => {
    await fake.close()
    await expect(open().tags()).rejects.toMatchObject({ code: 'network' })
    fake = await startFakeRegistry()
  })

  test('an interruption stops a call', async () => {
    await expect(open('team/app', { signal: AbortSignal.abort() }).tags()).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('uploads', () => {
  const large = utf8('0123456789abcdef'.repeat((LIMITS.uploadChunkBytes * 2.5) / 16))
  async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003)
  }
  const sizes = () =>
    fake.calls.filter((call) => call.method === 'PATCH' || call.method === 'PUT').map((call) => `${call.method} ${call.contentLength}`)

  test('a large blob goes in chunks', async () => {
    await open().putBlob(describeBlob(large), () => pieces(large))
    expect(sizes()).toEqual([
      `PATCH ${LIMITS.uploadChunkBytes}`,
      `PATCH ${LIMITS.uploadChunkBytes}`,
      `PATCH ${LIMITS.uploadChunkBytes / 2}`,
      'PUT 0',
    ])
    expect(fake.repo('team/app').blobs.get(describeBlob(large).digest)?.equals(large)).toBe(true)
  })

  test('as one stream of known length where chunks are not taken', async () => {
    set({ takesNoChunks: true })
    await open().putBlob(describeBlob(large), () => pieces(large))
    expect(sizes()).toEqual([`PATCH ${LIMITS.uploadChunkBytes}`, `PUT ${large.byteLength}`])
    expect(fake.repo('team/app').blobs.has(describeBlob(large).digest)).toBe(true)
  })

  test('wrong bytes are never completed into a blob', async () => {
    const promised = describeBlob(large)
    const wrong = Uint8Array.from(large)
    wrong[wrong.byteLength - 1] = 0
    await expect(open().putBlob(promised, () => pieces(wrong))).rejects.toMatchObject({ code: 'digest-mismatch' })
    const small = describeBlob(utf8('hello'))
    await expect(open().putBlob(small, () => streamOf(utf8('hellO')))).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(fake.repo('team/app').blobs.size).toBe(0)
    expect(sizes().filter((size) => size.startsWith('PUT'))).toEqual([])
  })

  test.each([false, true])('a blob of another repository is mounted, or sent where mounting does not work (%s)', async (mountsNothing) => {
    set({ auth: 'token', mountsNothing })
    await logIn('secret')
    await putImages(open('team/source'), makeImage('hello'))
    const before = fake.calls.length
    await open().putBlob(describeBlob(utf8('hello')), () => streamOf(utf8('hello')), 'team/source')
    expect(fake.repo('team/app').blobs.size).toBe(1)
    expect(fake.calls.slice(before).filter((call) => call.method === 'PUT')).toHaveLength(mountsNothing ? 1 : 0)
  })

  test('the empty blob', async () => {
    const nothing = new Uint8Array(0)
    await open().putBlob(describeBlob(nothing), () => streamOf())
    expect(await open().hasBlob(describeBlob(nothing).digest)).toBe(true)
  })
})
