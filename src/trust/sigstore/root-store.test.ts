import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { newTufKey, signTuf, startFakeTuf, tufFiles, tufRoot } from '../../../test/support/fake-tuf.ts'
import type { FakeTuf } from '../../../test/support/fake-tuf.ts'
import { digestOf } from '../../kernel/digest.ts'
import { packageRoot } from '../../kernel/package-root.ts'
import { ROOT_AGE, ageInDays, openRoot, pinRoot, readShippedSigning, readStoredRoot, readStoredSigning, refreshRoot } from './root-store.ts'
import type { NewRepository } from './root-store.ts'
import { PUBLIC_MIRROR, readMirror } from './repository.ts'

const shipped = new Uint8Array(await fs.readFile(join(packageRoot(), 'data/sigstore-public-good/trusted_root.json')))
const keys = { root: [newTufKey()], online: newTufKey(), target: shipped }
const start = signTuf(tufRoot(keys), keys.root)

let dir = ''
let server: FakeTuf
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  server = await startFakeTuf(tufFiles(keys))
})
afterEach(async () => {
  await server.close()
  await fs.rm(dir, { recursive: true })
})

const at = (day: number) => testDeps({ now: () => new Date(Date.parse('2026-11-05T00:00:00Z') + day * 86_400_000) })
const options = () => ({ dataDir: dir, offline: false, allowStale: false, repository: { mirror: `${server.url}/`, root: start } })

describe('the shipped root', () => {
  test('is used as it is while it is fresh, without any call', async () => {
    const root = await openRoot(at(ROOT_AGE.staleDays - 1), options())
    expect(root.logs.map((one) => one.name)).toContain('rekor.sigstore.dev')
    expect(server.asked).toEqual([])
  })

  test('is refreshed when it is stale', async () => {
    await openRoot(at(ROOT_AGE.staleDays), options())
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ from: 'refreshed' })
    const asked = server.asked.length
    await openRoot(at(ROOT_AGE.staleDays + 1), options())
    expect(server.asked).toHaveLength(asked)
  })

  test('is used with a warning where it cannot be refreshed', async () => {
    const deps = at(ROOT_AGE.refusedDays - 1)
    await openRoot(deps, { ...options(), offline: true })
    expect(deps.logged).toEqual([expect.stringMatching(/^warn: .*179 days ago; run `tally trust update`/)])
    expect(server.asked).toEqual([])
  })

  test('is refused when it is too old, unless somebody says otherwise aloud', async () => {
    server.files.clear()
    const deps = at(ROOT_AGE.refusedDays)
    await expect(openRoot(deps, options())).rejects.toThrow(expect.objectContaining({ code: 'root-stale' }))
    await openRoot(deps, { ...options(), allowStale: true })
    expect(deps.logged.at(-1)).toMatch(/^warn: /)
  })
})

describe('a root of one’s own', () => {
  const own = new TextEncoder().encode(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(shipped)), tlogs: [] }))

  test('never counts as stale, and is gone with the next refresh', async () => {
    await pinRoot(at(0), dir, own, 'own.json')
    const deps = at(10_000)
    expect((await openRoot(deps, options())).logs).toEqual([])
    expect([deps.logged, server.asked]).toEqual([[], []])
    expect(ageInDays(await readStoredRoot({ fs }, dir), deps.now())).toBe(0)
    expect(await refreshRoot(at(1), options())).toMatchObject({ from: 'refreshed' })
  })

  test('is not kept when it is none', async () => {
    await expect(pinRoot(at(0), dir, new TextEncoder().encode('{}'), 'own.json')).rejects.toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    )
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ from: 'shipped' })
  })

  test('is refused when its file is another than was kept', async () => {
    const { root } = await pinRoot(at(0), dir, own, 'own.json')
    await fs.writeFile(join(dir, 'sigstore', `${root.digest.slice(7)}.trusted_root.json`), shipped)
    await expect(readStoredRoot({ fs }, dir)).rejects.toThrow(/not the trusted root that was kept/)
  })
})

describe('the services that sign', () => {
  const signing = new TextEncoder().encode('{"the":"services"}')

  test('are those that are shipped, until a refresh brings others', async () => {
    const before = await readShippedSigning({ fs })
    expect(await readStoredSigning({ fs }, dir)).toEqual(before)
    await refreshRoot(at(1), options())
    // Of another instance that names none: none, and not the public ones.
    await expect(readStoredSigning({ fs }, dir)).rejects.toThrow(/names no services that sign/)
    for (const [path, bytes] of tufFiles({ ...keys, signing })) server.files.set(path, bytes)
    await refreshRoot(at(2), options())
    expect((await readStoredSigning({ fs }, dir)).bytes).toEqual(signing)
  })

  test('are refused when their file is another than was kept', async () => {
    for (const [path, bytes] of tufFiles({ ...keys, signing })) server.files.set(path, bytes)
    await refreshRoot(at(2), options())
    await fs.writeFile((await readStoredSigning({ fs }, dir)).path, '{}')
    await expect(readStoredSigning({ fs }, dir)).rejects.toThrow(/not the signing configuration that was kept/)
  })
})

describe('roots of the repository', () => {
  const second = { ...keys, version: 2, online: newTufKey() }

  test('are kept as soon as they are verified: keys that were replaced count no more, though the refresh failed', async () => {
    server.files.set('2.root.json', signTuf(tufRoot(second), keys.root))
    await expect(refreshRoot(at(1), options())).rejects.toThrow(expect.objectContaining({ where: 'timestamp.json' }))
    server.files.delete('2.root.json')
    await expect(refreshRoot(at(1), options())).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ from: 'shipped' })
  })

  test('of the public instance are followed from the shipped one on, where an older one was kept', async () => {
    await fs.mkdir(join(dir, 'sigstore'))
    await fs.writeFile(join(dir, 'sigstore/root.json'), start)
    const asked: string[] = []
    const deps = testDeps({
      fetch: (url) => {
        asked.push(String(url instanceof Request ? url.url : url))
        return Promise.resolve(new Response('', { status: 404 }))
      },
    })
    const { repository: _, ...publicOnes } = options()
    await expect(refreshRoot(deps, publicOnes)).rejects.toThrow(expect.objectContaining({ code: 'network' }))
    const { version } = (
      JSON.parse(await fs.readFile(join(packageRoot(), 'data/sigstore-public-good/root.json'), 'utf8')) as { signed: { version: number } }
    ).signed
    expect(asked[0]).toBe(`https://tuf-repo-cdn.sigstore.dev/${version + 1}.root.json`)
  })
})

describe('a repository of somebody’s own', () => {
  const named = { mirror: '', root: start }
  const follow = async (day: number, repository?: NewRepository) =>
    await refreshRoot(at(day), { dataDir: dir, offline: false, ...(repository === undefined ? {} : { repository }) })

  test('is followed from then on, also by what refreshes by itself, and after a pin', async () => {
    const repository = { mirror: `${server.url}/`, root: digestOf(start) }
    expect(await follow(1, options().repository)).toMatchObject({ from: 'refreshed', repository })
    const asked = server.asked.length
    expect(await follow(2)).toMatchObject({ repository })
    const { repository: _, ...ordinary } = options()
    await openRoot(at(2 + ROOT_AGE.staleDays), ordinary)
    expect(server.asked.length).toBeGreaterThan(asked + 4)
    await pinRoot(at(3), dir, shipped, 'own.json')
    expect(await follow(4)).toMatchObject({ from: 'refreshed', repository })
  })

  test('never falls back to what is shipped, however long ago it was refreshed', async () => {
    await follow(-400, options().repository)
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ from: 'refreshed', repository: { root: digestOf(start) } })
    server.files.clear()
    const { repository: _, ...ordinary } = options()
    await expect(openRoot(at(0), ordinary)).rejects.toThrow(expect.objectContaining({ code: 'root-stale' }))
  })

  test('is kept apart from every other: by address and by the root it started from', async () => {
    const other = { ...keys, root: [newTufKey()], online: newTufKey() }
    const elsewhere = await startFakeTuf(tufFiles(other))
    await follow(1, options().repository)
    await follow(1, { mirror: `${elsewhere.url}/`, root: signTuf(tufRoot(other), other.root) })
    expect(await fs.readdir(join(dir, 'sigstore/repositories'))).toHaveLength(2)
    expect(await fs.readdir(join(dir, 'sigstore'))).not.toContain('root.json')
    // The root of one, and what the other serves.
    const mixed = follow(2, { mirror: `${elsewhere.url}/`, root: start })
    await expect(mixed).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ repository: { mirror: `${elsewhere.url}/` } })
    await elsewhere.close()
  })

  test('that fails leaves in force what was', async () => {
    server.files.delete('timestamp.json')
    await expect(follow(1, options().repository)).rejects.toThrow(expect.objectContaining({ code: 'network' }))
    expect(await readStoredRoot({ fs }, dir)).toMatchObject({ from: 'shipped', repository: { mirror: PUBLIC_MIRROR } })
  })

  test('remembers what it saw: an older one is refused, also with the same root given again', async () => {
    for (const [path, bytes] of tufFiles({ ...keys, version: 2 })) if (!path.includes('root')) server.files.set(path, bytes)
    await follow(1, options().repository)
    for (const [path, bytes] of tufFiles(keys)) server.files.set(path, bytes)
    await expect(follow(2, options().repository)).rejects.toThrow(/somebody serves old metadata/)
  })

  test('remembers what it saw of a refresh that failed: an older timestamp is refused', async () => {
    await follow(1, options().repository)
    const newer = tufFiles({ ...keys, version: 2 })
    for (const [path, bytes] of newer) if (!path.includes('root') && path !== '2.snapshot.json') server.files.set(path, bytes)
    await expect(follow(2)).rejects.toThrow(expect.objectContaining({ code: 'network' }))
    for (const [path, bytes] of tufFiles(keys)) server.files.set(path, bytes)
    await expect(follow(2)).rejects.toThrow(/is version 1, and 2 was there before/)
  })

  test('with a root that is none, or is not signed by enough of its own keys, is not asked', async () => {
    const unsigned = signTuf(tufRoot({ ...keys, root: [newTufKey(), newTufKey()] }), [])
    for (const root of [new TextEncoder().encode('{}'), shipped, unsigned]) {
      await expect(follow(1, { ...named, root })).rejects.toThrow(expect.objectContaining({ code: 'config-invalid' }))
    }
    expect(server.asked).toEqual([])
  })

  test.each([
    ['http://tuf.example/', 'insecure-transport'],
    ['ftp://tuf.example/', 'usage'],
    ['https://user:secret@tuf.example/', 'usage'],
    ['https://tuf.example/?a=b', 'usage'],
    ['tuf.example', 'usage'],
  ])('at %s is not one', (mirror, code) => {
    expect(() => readMirror(mirror, '--mirror')).toThrow(expect.objectContaining({ code }))
  })

  test('a mirror of the public one starts from the shipped root, and is refused when it serves another', async () => {
    const mirror = readMirror(server.url, '--mirror')
    expect(mirror).toBe(`${server.url}/`)
    await expect(follow(1, { mirror })).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid' }))
  })
})

test('a refresh offline makes no call', async () => {
  await expect(refreshRoot(at(0), { ...options(), offline: true })).rejects.toThrow(expect.objectContaining({ code: 'offline' }))
  expect(server.asked).toEqual([])
})
