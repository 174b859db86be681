import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chmodBelow } from './chmod-below.ts'

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = [
  'src',
  'web',
  'scripts',
  'data',
  'schemas',
  'docs',
  'package.json',
  'package-lock.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  '.npmrc',
]
const run = promisify(execFile)

/** A copy of the sources elsewhere, built and packed under another time zone, locale and umask. Out: the folder and the tarball. */
async function buildIn(
  folder: string,
  mode: 'open' | 'private',
  env: Record<string, string>,
): Promise<{ folder: string; tarball: string }> {
  await mkdir(folder, { recursive: true })
  for (const name of SOURCES) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !/\/(?:node_modules|dist)$/.test(path) })
  }
  if (mode === 'private') await chmodBelow(folder, 0o600)
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const options = { cwd: folder, env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env } }
  await run(process.execPath, [join(folder, 'scripts/build.ts')], options)
  const { stdout } = await run('npm', ['pack', '--silent', './dist/package'], options)
  return { folder, tarball: join(folder, stdout.trim()) }
}

describe('npm run build, in two places', () => {
  let place: string
  let one: Awaited<ReturnType<typeof buildIn>>
  let two: Awaited<ReturnType<typeof buildIn>>
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'tally-build-'))
    one = await buildIn(join(place, 'one'), 'open', { TZ: 'Asia/Tokyo', LANG: 'C' })
    two = await buildIn(join(place, 'somewhere/else entirely'), 'private', { TZ: 'America/Lima', LC_ALL: 'C.UTF-8' })
  }, 120_000)
  afterAll(async () => await rm(place, { recursive: true, force: true }))

  test('gives the same bytes', async () => {
    const [first, second] = await Promise.all([one, two].map(async ({ tarball }) => await readFile(tarball)))
    expect(first?.byteLength).toBeGreaterThan(10_000)
    expect(
      createHash('sha256')
        .update(first ?? '')
        .digest('hex'),
    ).toBe(
      createHash('sha256')
        .update(second ?? '')
        .digest('hex'),
    )
  })

  test('compiles a program that starts, in pieces that are loaded when they are needed', async () => {
    const { stdout } = await run(process.execPath, [join(one.folder, 'dist/tally.js'), '--version'])
    expect(stdout).toMatch(/^tally \d+\.\d+\.\d+ /)
    expect((await readdir(join(one.folder, 'dist/chunks'))).length).toBeGreaterThan(5)
  })

  test('what verifies by a key is two files beside the first, and loads no package', async () => {
    const chunks = join(one.folder, 'dist/chunks')
    const importsOf = async (file: string) =>
      [...(await readFile(file, 'utf8')).matchAll(/^import [^;]*?"([^"]+)";$/gm)].map(([, name]) => name)
    const start = (await readdir(chunks)).find((name) => name.startsWith('start-')) ?? ''
    const [, verify = ''] =
      /import\("\.\/(verify-[^"]+)"\)\.then\(\(all\) => \(\{ verifyBlob:/.exec(await readFile(join(chunks, start), 'utf8')) ?? []
    expect(await importsOf(join(chunks, start))).toEqual([])
    expect(await importsOf(join(chunks, verify))).toEqual([`./${start}`])
  })

  test('the programs of threads are files of their own beside who starts them, and are packed', async () => {
    const chunks = join(one.folder, 'dist/chunks')
    const texts = await Promise.all((await readdir(chunks)).map(async (name) => await readFile(join(chunks, name), 'utf8')))
    const call = /workerFile(?:\$\d+)?\(import\.meta\.url, "([\w-]+)"\)/g
    const started = texts.flatMap((text) => [...text.matchAll(call)].map(([, name]) => name))
    expect(new Set(started)).toEqual(new Set(['scan-worker', 'unpack-worker']))
    const { stdout } = await run('tar', ['-tzf', one.tarball])
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(started.map((name) => `package/dist/chunks/${name}.js`)))
  })

  test('packs what runs and nothing that only a clone can use', async () => {
    const { stdout } = await run('tar', ['-tzf', one.tarball])
    const files = stdout.trim().split('\n')
    expect(files).toEqual(
      expect.arrayContaining([
        'package/dist/tally.js',
        'package/dist/web/index.html',
        'package/LICENSE',
        'package/README.md',
        'package/docs/errors.md',
      ]),
    )
    expect(files.filter((file) => /\.ts$|\.map$|node_modules|\.page-inputs|\.test\./.test(file))).toEqual([])
    const manifest = JSON.parse(await readFile(join(one.folder, 'dist/package/package.json'), 'utf8')) as object
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['devDependencies']))
    expect(manifest).toMatchObject({ bin: { tally: 'dist/tally.js' }, dependencies: expect.any(Object) })
  })

  test('the page keeps a policy of scripts and styles from its own files only', async () => {
    const html = await readFile(join(one.folder, 'dist/web/index.html'), 'utf8')
    expect(html.match(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/gi)).toBeNull()
    expect(html).toMatch(/<script type="module"[^>]* src="\/assets\//)
  })
})
