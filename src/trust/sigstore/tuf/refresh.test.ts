import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../../test/support/deps.ts'
import { newTufKey, signTuf, startFakeTuf, tufFiles, tufRoot } from '../../../../test/support/fake-tuf.ts'
import type { FakeTuf, TufPlan } from '../../../../test/support/fake-tuf.ts'
import { textOf, utf8 } from '../../../kernel/bytes.ts'
import { digestOf } from '../../../kernel/digest.ts'
import { tufCanonicalBytes } from './canonical.ts'
import { refreshTargets } from './refresh.ts'
import type { TufState } from './refresh.ts'

const deps = testDeps()
const [alice, bob, carol, online, mallory] = [newTufKey(), newTufKey('ed25519'), newTufKey(), newTufKey(), newTufKey()]
const plan = (change: Partial<TufPlan> = {}): TufPlan => ({ root: [alice, bob], online, target: utf8('{"the":"root"}'), ...change })

let server: FakeTuf
beforeEach(async () => {
  server = await startFakeTuf(tufFiles(plan()))
})
afterEach(() => server.close())

const known: TufState = { root: signTuf(tufRoot(plan()), [alice, bob]) }
const keepNothing = async () => {}
const refresh = async (from: TufState = known) => {
  const { state, targets } = await refreshTargets(deps, server.url, from, [{ name: 'trusted_root.json' }], keepNothing)
  return { state, target: targets.get('trusted_root.json') ?? new Uint8Array(0) }
}
const serveOne = (path: string, of: TufPlan) => void server.files.set(path, tufFiles(of).get(path) ?? utf8(''))
const serve = (files: ReadonlyMap<string, Uint8Array>) => files.forEach((bytes, path) => server.files.set(path, bytes))

describe('a refresh', () => {
  test('gives the target, and the metadata to keep', async () => {
    const { target, state } = await refresh()
    expect(textOf(target)).toBe('{"the":"root"}')
    expect(state.timestamp).toEqual(server.files.get('timestamp.json'))
  })

  test('follows roots one by one to the newest, whose keys then count', async () => {
    const second = plan({ version: 2, root: [alice, carol], target: utf8('second') })
    serve(tufFiles(second))
    server.files.set('2.root.json', signTuf(tufRoot(second), [alice, bob, carol]))
    expect(textOf((await refresh()).target)).toBe('second')
    serve(tufFiles(plan({ version: 3, root: [carol, alice], target: utf8('third') })))
    expect(textOf((await refresh()).target)).toBe('third')
  })

  test('gives a further target where there is one, of the same metadata', async () => {
    const names = [{ name: 'trusted_root.json' }, { name: 'signing_config.v0.2.json', optional: true }]
    const fetch = async () => [...(await refreshTargets(deps, server.url, known, names, keepNothing)).targets.keys()]
    expect(await fetch()).toEqual(['trusted_root.json'])
    serve(tufFiles(plan({ signing: utf8('{"the":"services"}') })))
    expect(await fetch()).toEqual(['trusted_root.json', 'signing_config.v0.2.json'])
    for (const path of server.files.keys())
      if (path.endsWith('signing_config.v0.2.json')) server.files.set(path, utf8('{"the":"servicez"}'))
    await expect(fetch()).rejects.toThrow(expect.objectContaining({ code: 'digest-mismatch' }))
  })

  test('starts from what was kept, and goes on', async () => {
    const { state } = await refresh()
    serve(tufFiles(plan({ version: 2, target: utf8('second') })))
    expect(textOf((await refresh(state)).target)).toBe('second')
  })

  test('sends no credential (CVE-2026-48501)', async () => {
    await refresh()
    expect(server.asked.length).toBeGreaterThan(4)
    for (const { headers } of server.asked) expect(Object.keys(headers).filter((name) => /auth|cookie|token/i.test(name))).toEqual([])
  })
})

describe('a refresh is refused', () => {
  const second = (change: Partial<TufPlan> = {}) => plan({ version: 2, ...change })

  test.each<[string, () => void | Promise<void>, string]>([
    ['a root the old keys did not sign', () => serve(tufFiles(second({ root: [mallory] }))), 'signature-invalid'],
    [
      'a root its own keys did not sign',
      () => void server.files.set('2.root.json', signTuf(tufRoot(second({ root: [carol, alice] })), [alice, bob])),
      'signature-invalid',
    ],
    [
      'a root that skips a version',
      () => void server.files.set('2.root.json', signTuf(tufRoot(plan({ version: 3 })), [alice, bob])),
      'digest-mismatch',
    ],
    [
      'a root that has expired',
      () => void server.files.set('2.root.json', signTuf(tufRoot(second({ expires: '2020-01-01T00:00:00Z' })), [alice, bob])),
      'digest-mismatch',
    ],
    ['a key counted twice', () => void server.files.set('2.root.json', signTuf(tufRoot(second()), [alice, alice])), 'signature-invalid'],
    ['a timestamp of somebody else', () => serveOne('timestamp.json', plan({ online: mallory })), 'signature-invalid'],
    ['a timestamp that has expired', () => serveOne('timestamp.json', plan({ expires: '2020-01-01T00:00:00Z' })), 'digest-mismatch'],
    ['a snapshot other than promised', () => serveOne('1.snapshot.json', plan({ target: utf8('x') })), 'digest-mismatch'],
    ['targets other than promised', () => serveOne('1.targets.json', plan({ target: utf8('x') })), 'digest-mismatch'],
    [
      'a target other than promised',
      () => server.files.forEach((_, path) => void (path.startsWith('targets/') && server.files.set(path, utf8('{"the":"rood"}')))),
      'digest-mismatch',
    ],
    ['a redirect', () => void server.files.set('timestamp.json', utf8('-> https://evil.example/timestamp.json')), 'network'],
    ['a missing file', () => void server.files.delete('1.targets.json'), 'network'],
    ['no JSON', () => void server.files.set('timestamp.json', utf8('<html>')), 'evidence-malformed'],
  ])('with %s', async (_, spoil, code) => {
    await spoil()
    await expect(refresh()).rejects.toThrow(expect.objectContaining({ code }))
  })

  test('with older metadata than was seen before', async () => {
    serve(tufFiles(second()))
    server.files.delete('2.root.json')
    const { state } = await refresh()
    serve(tufFiles(plan()))
    await expect(refresh(state)).rejects.toThrow(/version 1, and 2 was there before/)
  })

  test('over plain HTTP elsewhere than on this machine', async () => {
    const away = refreshTargets(deps, 'http://mirror.example/tuf', known, [{ name: 'trusted_root.json' }], keepNothing)
    await expect(away).rejects.toThrow(expect.objectContaining({ code: 'insecure-transport' }))
  })

  test('with one key listed under two ids: it is one key', async () => {
    const twin = { ...alice, id: 'f'.repeat(64) }
    const root = signTuf(tufRoot(plan({ root: [alice, twin] })), [alice, twin])
    serve(tufFiles(plan({ version: 2, root: [alice, twin] })))
    await expect(refresh({ root })).rejects.toThrow(/signed by 1 keys of the role root, where 2 are needed/)
  })

  test.each(['../../etc/passwd', 'a/../b', '..'])(
    'for a target that is not there, whatever its name (GHSA-fcv2-xgw5-pqxf): %s',
    async (name) => {
      await expect(refreshTargets(deps, server.url, known, [{ name }], keepNothing)).rejects.toThrow(/has no target/)
      expect(server.asked.every(({ path }) => !path.includes('..'))).toBe(true)
    },
  )
})

test('GHSA-fcv2-xgw5-pqxf: a hash of a target is never a path', async () => {
  const hashes = { sha256: '../../secret' }
  const targets = signTuf(
    {
      spec_version: '1.0.31',
      version: 1,
      expires: '2099-01-01T00:00:00Z',
      _type: 'targets',
      targets: { 'trusted_root.json': { length: 6, hashes } },
    },
    [alice, bob],
  )
  const meta = (bytes: Uint8Array) => ({ version: 1, length: bytes.byteLength, hashes: { sha256: digestOf(bytes).slice(7) } })
  const common = { spec_version: '1.0.31', version: 1, expires: '2099-01-01T00:00:00Z' }
  const snapshot = signTuf({ ...common, _type: 'snapshot', meta: { 'targets.json': meta(targets) } }, [online])
  server.files.set('1.targets.json', targets)
  server.files.set('1.snapshot.json', snapshot)
  server.files.set('timestamp.json', signTuf({ ...common, _type: 'timestamp', meta: { 'snapshot.json': meta(snapshot) } }, [online]))
  await expect(refresh()).rejects.toThrow(/has no target trusted_root.json with a hash/)
  expect(server.asked.at(-1)?.path).toBe('1.targets.json')
})

test('canonical JSON of TUF escapes quotes and backslashes only', () => {
  expect(textOf(tufCanonicalBytes({ b: 'a\n"\\', a: [1, true, null] }))).toBe('{"a":[1,true,null],"b":"a\n\\"\\\\"}')
  expect(() => tufCanonicalBytes(1.5)).toThrow(expect.objectContaining({ code: 'evidence-malformed' }))
})
