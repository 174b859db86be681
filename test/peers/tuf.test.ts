import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runTuf } from '../../conformance/tuf.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import { packageRoot } from '../../src/kernel/package-root.ts'
import { readStoredRoot } from '../../src/trust/sigstore/root-store.ts'
import { startFakeTuf } from '../support/fake-tuf.ts'
import type { FakeTuf } from '../support/fake-tuf.ts'
import { findPeer } from '../support/peers.ts'
import { runProgram } from '../support/run-tally.ts'
import { tallyInside } from '../support/tally-inside.ts'

// Repositories that python-tuf made, as other people make them: `tally trust update --mirror --root` follows them to the very bytes of their
// trusted root, and refuses each one with one thing wrong. python-tuf's own client must say the same of each.
const python = findPeer('python-tuf')
const shipped = join(packageRoot(), 'data/sigstore-public-good/trusted_root.json')

describe.skipIf(python === undefined)('a repository made by python-tuf', () => {
  let made = ''
  let dir = ''
  let server: FakeTuf
  let target: Uint8Array
  beforeAll(async () => {
    made = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    // Another root than the shipped one, in a spelling of its own.
    target = Buffer.from(JSON.stringify({ ...(JSON.parse(await fs.readFile(shipped, 'utf8')) as object), tlogs: [] }, undefined, 1))
    await fs.writeFile(join(made, 'target.json'), target)
    execFileSync(python ?? '', [join(import.meta.dirname, 'tuf-repository.py'), made, join(made, 'target.json')], { stdio: 'pipe' })
  })
  afterAll(() => fs.rm(made, { recursive: true }))
  beforeEach(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    server = await startFakeTuf(new Map())
    await fs.copyFile(join(made, 'root.json'), join(dir, 'root.json'))
  })
  afterEach(async () => {
    await server.close()
    await fs.rm(dir, { recursive: true })
  })

  async function serve(layout: string, state: string): Promise<void> {
    server.files.clear()
    const folder = join(made, layout, state)
    for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile()) server.files.set(relative(folder, path), new Uint8Array(await fs.readFile(path)))
    }
  }
  /** What python-tuf's own client says: undefined where it takes the target, else the name of its error. */
  const theirs = async (): Promise<string | undefined> => {
    const out = join(dir, 'theirs.json')
    await fs.rm(out, { force: true })
    const args = [join(import.meta.dirname, 'tuf-client.py'), join(dir, 'root.json'), join(dir, 'theirs'), server.url, out]
    const { exitCode, stderr } = await runProgram(python ?? '', args, { cwd: dir })
    if (exitCode === 0) expect(Buffer.from(await fs.readFile(out)).equals(target)).toBe(true)
    return exitCode === 0 ? undefined : stderr.trim()
  }
  const update = async () => await tallyInside(dir, ['trust', 'update', '--mirror', server.url, '--root', 'root.json'])
  const stored = async () => await readStoredRoot({ fs }, join(dir, 'data'))

  describe.each(['top', 'paths', 'hashed', 'succinct'])('with its target named by delegation: %s', (layout) => {
    test('is followed from its first root, through two changes of keys, to the very bytes', async () => {
      await serve(layout, 'good')
      expect(await update()).toMatchObject({ exitCode: 0 })
      expect(Buffer.from((await stored()).bytes).equals(target)).toBe(true)
      expect(server.asked.map(({ path }) => path).slice(0, 4)).toEqual(['2.root.json', '3.root.json', '4.root.json', 'timestamp.json'])
      expect(await theirs()).toBeUndefined()
      await serve(layout, 'later')
      expect(await tallyInside(dir, ['trust', 'update'])).toMatchObject({ exitCode: 0 })
      expect(await theirs()).toBeUndefined()
    })

    test('is refused once it goes back', async () => {
      await serve(layout, 'later')
      await update()
      await serve(layout, 'good')
      expect(await update()).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('is version 7, and 8 was there before') as unknown,
      })
    })

    test('is followed by the client of tuf-conformance too, and refused where a key is a stranger’s', async () => {
      await serve(layout, 'good')
      const [metadata, out] = [join(dir, 'metadata'), join(dir, 'out')]
      const client = async (...words: readonly string[]) => await runTuf(['--metadata-dir', metadata, ...words])
      expect(await client('init', join(dir, 'root.json'))).toBe(0)
      expect(server.asked).toEqual([])
      expect(await client('--metadata-url', server.url, 'refresh')).toBe(0)
      expect((await fs.readdir(metadata)).toSorted()).toEqual(['root.json', 'snapshot.json', 'targets.json', 'timestamp.json'])
      const at = ['--metadata-url', server.url, '--target-base-url', `${server.url}/targets`, '--target-dir', out]
      expect(await client(...at, '--target-name', 'trusted_root.json', 'download')).toBe(0)
      expect(Buffer.from(await fs.readFile(join(out, 'trusted_root.json'))).equals(target)).toBe(true)
      expect(await client(...at, '--target-name', 'other.json', 'download')).toBe(1)
      await serve(layout, 'timestamp by a replaced key')
      expect(await client('--metadata-url', server.url, 'refresh')).toBe(1)
      expect(await client('refresh')).toBe(1)
    })

    const below = layout === 'top' ? [] : (['delegate by a stranger', 'expired delegate'] as const)
    const top = [
      'root by a stranger',
      'timestamp by a replaced key',
      'expired timestamp',
      'targets below their threshold',
      'another target',
    ] as const
    test.each([...top, ...below])('is refused with one thing wrong: %s', async (state) => {
      const why = {
        'root by a stranger': '4.root.json',
        'timestamp by a replaced key': 'is signed by 0 keys of the role timestamp',
        'expired timestamp': 'timestamp.json: expired at',
        'targets below their threshold': 'is signed by 1 keys of the role targets, where 2 are needed',
        'another target': 'trusted_root.json: has',
        'delegate by a stranger': 'is signed by 0 keys of the role',
        'expired delegate': '.json: expired at',
      }[state]
      await serve(layout, 'good')
      await update()
      await theirs()
      const before = await stored()
      await serve(layout, state)
      expect(await theirs()).toMatch(/Error$/)
      expect(await update()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(why) as unknown })
      expect(before.root.digest).toBe(digestOf(target))
      expect(await stored()).toMatchObject({ bytes: before.bytes, refreshed: before.refreshed })
    })
  })
})
