import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newTufKey, signTuf, startFakeTuf, tufFiles, tufRoot } from '../../../test/support/fake-tuf.ts'
import type { FakeTuf } from '../../../test/support/fake-tuf.ts'
import { tallyInside } from '../../../test/support/tally-inside.ts'
import { digestOf } from '../../kernel/digest.ts'
import { packageRoot } from '../../kernel/package-root.ts'

// A line of `cosign initialize --mirror URL --root FILE`, said to tally.
const target = new Uint8Array(await fs.readFile(join(packageRoot(), 'data/sigstore-public-good/trusted_root.json')))
const keys = { root: [newTufKey()], online: newTufKey(), target }
const start = signTuf(tufRoot(keys), keys.root)

let dir = ''
let server: FakeTuf
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  server = await startFakeTuf(tufFiles(keys))
  await fs.writeFile(join(dir, 'root.json'), start)
})
afterAll(async () => {
  await server.close()
  await fs.rm(dir, { recursive: true })
})
const trust = async (...words: readonly string[]) => await tallyInside(dir, ['trust', ...words])
const update = async (...words: readonly string[]) => await trust('update', '--mirror', server.url, '--root', 'root.json', ...words)

describe('tally trust update --mirror URL --root FILE', () => {
  test('follows another repository, and says so from then on', async () => {
    const checksum = digestOf(start).slice('sha256:'.length)
    expect(await update('--root-checksum', checksum)).toMatchObject({ exitCode: 0 })
    expect((await trust('show')).stdout.replaceAll(/\s+/g, ' ')).toContain(`${server.url}/, from the root ${digestOf(start)}`)
    const shown = JSON.parse((await trust('show', '--format', 'json')).stdout) as Record<string, unknown>
    expect(shown).toMatchObject({
      from: 'refreshed',
      root: digestOf(target),
      repository: { mirror: `${server.url}/`, root: digestOf(start) },
    })
    expect(await trust('update')).toMatchObject({ exitCode: 0 })
  })

  test('is refused when the root is not the one that was meant', async () => {
    const asked = server.asked.length
    expect(await update('--root-checksum', '0'.repeat(64))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('root-checksum') as unknown,
    })
    expect(server.asked).toHaveLength(asked)
  })

  test.each([
    [['update', '--root', 'root.json']],
    [['update', '--mirror', 'https://tuf.example/', '--root-checksum', 'ab']],
    [['update', '--mirror', 'public', '--root', 'root.json']],
    [['update', '--mirror', 'https://tuf.example/', '--root', 'https://tuf.example/root.json']],
    [['update', '--mirror', 'https://user:hunter2@tuf.example/']],
    [['update', '--staging']],
    [['show', '--mirror', 'https://tuf.example/']],
    [['pin', 'root.json', '--root', 'root.json']],
  ])('%j is a wrong question', async (words) => {
    const said = await trust(...words)
    expect(said).toMatchObject({ exitCode: 2 })
    expect(said.stderr).not.toContain('hunter2')
  })

  test('over plain http to another machine is refused before anything is asked', async () => {
    expect(await trust('update', '--mirror', 'http://tuf.example/', '--root', 'root.json')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('insecure-transport') as unknown,
    })
  })
})
