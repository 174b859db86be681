import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { newTufKey, signTuf, startFakeTuf, tufFiles, tufRoot } from '../../../test/support/fake-tuf.ts'
import type { FakeTuf } from '../../../test/support/fake-tuf.ts'
import { packageRoot } from '../../kernel/package-root.ts'
import { ROOT_AGE, ageInDays, openRoot, pinRoot, readShippedSigning, readStoredRoot, readStoredSigning, refreshRoot } from './root-store.ts'

const shipped = new Uint8Array(await fs.readFile(join(packageRoot(), 'data/sigstore-public-good/trusted_root.json')))
const keys = { root: [newTufKey()], online: newTufKey(), target: shipped }

let dir = ''
let server: FakeTuf
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  server = await startFakeTuf(tufFiles(keys))
  // A refresh starts from the root this machine kept, here the fake's own.
  await fs.mkdir(join(dir, 'sigstore'))
  await fs.writeFile(join(dir, 'sigstore/root.json'), signTuf(tufRoot(keys), keys.root))
})
afterEach(async () => {
  await server.close()
  await fs.rm(dir, { recursive: true })
})

const at = (day: number) => testDeps({ now: () => new Date(Date.parse('2026-11-05T00:00:00Z') + day * 86_400_000) })
const options = () => ({ dataDir: dir, offline: false, allowStale: false, repository: server.url })

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
    expect(await readStoredSigning({ fs }, dir)).toEqual(before)
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

test('a refresh offline makes no call', async () => {
  await expect(refreshRoot(at(0), { ...options(), offline: true })).rejects.toThrow(expect.objectContaining({ code: 'offline' }))
  expect(server.asked).toEqual([])
})
