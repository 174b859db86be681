import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testDeps } from '../../../../test/support/deps.ts'
import { newTufKey, signTuf, startFakeTuf, tufFiles, tufRoot } from '../../../../test/support/fake-tuf.ts'
import type { FakeTuf, TufPlan } from '../../../../test/support/fake-tuf.ts'
import { textOf, utf8 } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { refreshTargets } from './refresh.ts'
import type { Keep, TufState } from './refresh.ts'

// The attacks of the TUF specification (1.5.2), by their names there. Of what is served here, all is as it should be but for one thing.

const deps = testDeps()
const newKey = () => newTufKey('ed25519')
const [alice, bob, carol, online, fresh, mallory] = [newKey(), newKey(), newKey(), newKey(), newKey(), newKey()]
const plan = (change: Partial<TufPlan> = {}): TufPlan => ({ root: [alice, bob], online, target: utf8('the target'), ...change })
const known: TufState = { root: signTuf(tufRoot(plan()), [alice, bob]) }
const PAST = '2020-01-01T00:00:00Z'

let server: FakeTuf
beforeEach(async () => {
  server = await startFakeTuf(new Map())
})
afterEach(() => server.close())

/** Serves a repository, and nothing else but the roots that were there. */
function serve(of: TufPlan): void {
  for (const path of server.files.keys()) if (!path.endsWith('.root.json')) server.files.delete(path)
  for (const [path, bytes] of tufFiles(of)) if (!server.files.has(path)) server.files.set(path, bytes)
}

async function refresh(from: TufState = known, kept: Uint8Array[] = []) {
  const keep: Keep = (role, bytes) => Promise.resolve(void (role === 'root' && kept.push(bytes)))
  const { state, targets } = await refreshTargets(deps, server.url, from, [{ name: 'trusted_root.json' }], keep)
  return { state, target: textOf(targets.get('trusted_root.json') ?? new Uint8Array(0)) }
}
const refusal = async (from?: TufState) => await refresh(from).then(() => 'taken', (error: { code: string; where: string }) => `${error.code} ${error.where}`) // prettier-ignore

describe('arbitrary software', () => {
  test.each<[string, TufPlan, string]>([
    ['targets below their threshold', plan({ roles: { targets: { keys: [alice] } } }), 'signature-invalid targets.json'],
    ['targets signed by one of two, twice', plan({ roles: { targets: { keys: [alice, alice] } } }), 'signature-invalid targets.json'],
    [
      'targets signed by one of two and a stranger',
      plan({ roles: { targets: { keys: [alice, mallory] } } }),
      'signature-invalid targets.json',
    ],
    ['targets signed by the key of the snapshot', plan({ roles: { targets: { keys: [online] } } }), 'signature-invalid targets.json'],
    ['a snapshot signed by keys of the root', plan({ roles: { snapshot: { keys: [alice, bob] } } }), 'signature-invalid snapshot.json'],
    ['a snapshot nobody signed', plan({ roles: { snapshot: { keys: [] } } }), 'signature-invalid snapshot.json'],
  ])('%s', async (_, of, why) => {
    serve(of)
    expect(await refusal()).toBe(why)
  })

  test('metadata of another role, signed by a key that both roles have', async () => {
    serve(plan({ bare: true }))
    server.files.set('1.snapshot.json', server.files.get('timestamp.json') ?? utf8(''))
    expect(await refusal()).toBe('evidence-malformed snapshot.json')
  })
})

describe('roots', () => {
  const second = (change: Partial<TufPlan> = {}) => plan({ version: 2, root: [alice, carol], ...change })
  const rootBy = (of: TufPlan, ...keys: Parameters<typeof signTuf>[1]) =>
    server.files.set(`${of.version}.root.json`, signTuf(tufRoot(of), keys))

  test('replace keys: those that are gone sign nothing any more', async () => {
    rootBy(second(), alice, bob, carol)
    serve(second({ roles: { targets: { keys: [alice, bob] } } }))
    expect(await refusal()).toBe('signature-invalid targets.json')
    serve(second())
    expect(await refresh()).toMatchObject({ target: 'the target' })
  })

  test('raise the threshold: the new one must be met too', async () => {
    const three = second({ root: [alice, bob, carol], threshold: 3 })
    serve(three)
    rootBy(three, alice, bob)
    expect(await refusal()).toBe('signature-invalid 2.root.json')
  })

  test('lower the threshold: the old one must still be met', async () => {
    const one = second({ threshold: 1 })
    serve(one)
    rootBy(one, alice, carol)
    expect(await refusal()).toBe('signature-invalid 2.root.json')
  })

  test('may have expired on the way to the newest', async () => {
    rootBy(second({ expires: PAST }), alice, bob, carol)
    serve(plan({ version: 3, root: [alice, carol] }))
    expect(await refresh()).toMatchObject({ target: 'the target' })
  })

  test('are kept as soon as they are verified, also where the rest fails; those that are refused are not', async () => {
    rootBy(second(), alice, bob, carol)
    rootBy(plan({ version: 3, root: [alice, carol], online: fresh }), alice, carol)
    rootBy(plan({ version: 4, root: [mallory] }), mallory)
    const kept: Uint8Array[] = []
    await expect(refresh(known, kept)).rejects.toThrow(expect.objectContaining({ code: 'signature-invalid', where: '4.root.json' }))
    expect(kept).toEqual([server.files.get('2.root.json'), server.files.get('3.root.json')])
    server.files.clear()
    serve(plan())
    // Whoever has the keys that were replaced serves what was there before them, and hides the new roots.
    expect(await refusal({ root: kept[1] ?? utf8('') })).toBe('signature-invalid timestamp.json')
  })

  test('without end are not followed', async () => {
    const lone = (version: number) => plan({ version, root: [alice] })
    for (let version = 2; version <= LIMITS.tufRoots + 2; version += 1) rootBy(lone(version), alice)
    const asked = `limit-exceeded ${LIMITS.tufRoots + 2}.root.json`
    expect(await refusal({ root: signTuf(tufRoot(lone(1)), [alice]) })).toBe(asked)
  })
})

describe('rollback', () => {
  test.each<[string, TufPlan, string]>([
    ['of the timestamp', plan({ version: 4 }), 'digest-mismatch timestamp.json'],
    ['of the snapshot under a new timestamp', plan({ version: 4, roles: { timestamp: { version: 6 } } }), 'digest-mismatch snapshot.json'],
    ['of the targets under a new snapshot', plan({ version: 6, roles: { targets: { version: 4 } } }), 'digest-mismatch targets.json'],
    ['to the same', plan({ version: 5 }), 'taken'],
    ['of nothing', plan({ version: 6 }), 'taken'],
  ])('%s', async (_, of, answer) => {
    server.files.set('1.root.json', known.root)
    serve(plan({ version: 5 }))
    for (const path of ['4', '5', '6'].map((version) => `${version}.root.json`)) server.files.delete(path)
    const { state } = await refresh()
    serve(of)
    expect(await refusal(state)).toBe(answer)
  })
})

describe('fast forward', () => {
  const far = { version: Number.MAX_SAFE_INTEGER }
  const forwarded = async (): Promise<TufState> => {
    serve(plan({ roles: { timestamp: far, snapshot: far } }))
    return (await refresh()).state
  }

  test('cannot be gone back from while the keys are the same', async () => {
    const state = await forwarded()
    serve(plan({ version: 1, roles: { timestamp: { version: 2 } } }))
    expect(await refusal(state)).toBe('digest-mismatch timestamp.json')
  })

  test('is over when the root replaces the keys', async () => {
    const state = await forwarded()
    const second = plan({ version: 2, online: fresh })
    serve(second)
    expect(await refresh(state)).toMatchObject({ target: 'the target' })
  })

  test('beyond all numbers is no version', async () => {
    serve(plan({ roles: { timestamp: far } }))
    const text = textOf(server.files.get('timestamp.json') ?? utf8(''))
    server.files.set('timestamp.json', utf8(text.replace('9007199254740991', '9007199254740992')))
    expect(await refusal()).toBe('evidence-malformed timestamp.json')
  })
})

describe('freeze', () => {
  test.each(['timestamp', 'snapshot', 'targets'] as const)('with %s that expired, under others that did not', async (role) => {
    serve(plan({ roles: { [role]: { expires: PAST } } }))
    expect(await refusal()).toBe(`digest-mismatch ${role}.json`)
  })
})

describe('mix and match', () => {
  test.each(['snapshot', 'targets'] as const)('of %s of another version than promised, where no hash is', async (role) => {
    serve(plan({ bare: true }))
    expect(await refresh()).toMatchObject({ target: 'the target' })
    serve(plan({ bare: true, version: 1, roles: { [role]: { version: 2, promised: 3 } } }))
    expect(await refusal()).toBe(`digest-mismatch ${role}.json`)
  })
})

test('a snapshot of the promised version, and of other bytes', async () => {
  serve(plan())
  server.files.set(
    '1.snapshot.json',
    tufFiles(plan({ roles: { snapshot: { expires: '2098-01-01T00:00:00Z' } } })).get('1.snapshot.json') ?? utf8(''),
  )
  expect(await refusal()).toBe('digest-mismatch snapshot.json')
})

describe('endless data', () => {
  const endless = utf8('...')
  test.each(['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json'])('as %s', async (path) => {
    serve(plan())
    server.files.set(path, endless)
    expect(await refusal()).toMatch(/^limit-exceeded /)
  })

  test('as the target', async () => {
    serve(plan())
    for (const path of server.files.keys()) if (path.startsWith('targets/')) server.files.set(path, endless)
    expect(await refusal()).toMatch(/^limit-exceeded /)
  })
})
