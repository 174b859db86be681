import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { walkLayers } from '../../src/artifact/layers.ts'
import { openOciArchive } from '../../src/artifact/oci-archive.ts'
import { readAll, textOf } from '../../src/kernel/bytes.ts'
import { parseDigest } from '../../src/kernel/digest.ts'

const script = resolve(import.meta.dirname, '../../examples/image/build.ts')
let dir: string

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterAll(() => fs.rm(dir, { recursive: true }))

function build(
  name: string,
  options: { readonly umask?: string; readonly cwd?: string; readonly env?: Record<string, string> } = {},
): string {
  const command = `umask ${options.umask ?? '022'} && exec "$0" "$1" "$2"`
  const env = { PATH: process.env['PATH'] ?? '', ...options.env }
  return execFileSync('sh', ['-c', command, process.execPath, script, join(dir, name)], {
    cwd: options.cwd ?? dir,
    env,
    encoding: 'utf8',
  }).trim()
}

describe('examples/image', () => {
  it('makes the same bytes under another umask, time zone, locale and folder', async () => {
    const first = build('a.tar')
    const second = build('b.tar', { umask: '077', cwd: '/', env: { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } })
    expect(second).toBe(first)
    expect(Buffer.compare(await fs.readFile(join(dir, 'a.tar')), await fs.readFile(join(dir, 'b.tar')))).toBe(0)
    expect(build('c.tar', { env: { SOURCE_DATE_EPOCH: '1700000000' } })).not.toBe(first)
  })

  it('makes an image that says who it runs as and what is in it', async () => {
    const digest = parseDigest(build('d.tar'))
    const source = await openOciArchive({ fs, signal: new AbortController().signal }, join(dir, 'd.tar'))
    expect((await source.resolveTag('1.0.0'))?.digest).toBe(digest)
    const found = new Map<string, { text: string; mode: string }>()
    const { image } = await walkLayers(source, digest, [
      {
        wants: () => true,
        read: async ({ path, mode, content }) => {
          found.set(path, { text: textOf(await readAll(content, 1e6, 'fileReadBytes')), mode: mode.toString(8) })
        },
      },
    ])
    expect(JSON.parse(textOf(image.configBytes))).toMatchObject({ config: { User: '65532:65532' }, created: '1970-01-01T00:00:00Z' })
    expect(found.get('etc/os-release')?.text).toContain('ID=demo\n')
    expect(found.get('var/lib/dpkg/status')?.text.match(/^Package: .*$/gm)).toEqual([
      'Package: demo-certs',
      'Package: demo-greeter',
      'Package: demo-runtime',
    ])
    expect(found.get('app/greet')?.mode).toBe('755')
    expect(found.get('etc/passwd')?.mode).toBe('644')
  })

  it('is copied whole by skopeo where that is installed', ({ skip }) => {
    const digest = build('e.tar')
    try {
      execFileSync(
        'skopeo',
        [
          '--insecure-policy',
          'copy',
          '--quiet',
          '--preserve-digests',
          `oci-archive:${join(dir, 'e.tar')}:1.0.0`,
          `oci:${join(dir, 'layout')}:x`,
        ],
        { stdio: 'pipe' },
      )
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return skip('skopeo is not installed')
      throw error
    }
    expect(JSON.parse(execFileSync('skopeo', ['inspect', `oci:${join(dir, 'layout')}:x`], { encoding: 'utf8' }))).toMatchObject({
      Digest: digest,
    })
  })
})
