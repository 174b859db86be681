import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const room = (file: string) => pathToFileURL(join(import.meta.dirname, file)).href

/** Prints both formats of the runtime closure of the directory that is its argument. */
const PROGRAM = `
import { systemDeps } from '${room('../kernel/system.ts')}'
import { catalogDirectory } from '${room('catalog-directory.ts')}'
import { toCycloneDx } from '${room('formats/cyclonedx/write.ts')}'
import { toSpdx } from '${room('formats/spdx/write.ts')}'
const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
const sbom = await catalogDirectory(deps, process.argv[1], { mode: 'runtime-closure', created: '2026-11-25T01:00:00+01:00' })
process.stdout.write(toCycloneDx(sbom))
process.stdout.write(toSpdx(sbom))
`

/** Names whose order depends on the locale, if anything does. */
const NAMES = ['z', 'Z', 'ä', 'a-b', 'ab', 'a_b', '@i/ı', '@i/I', 'ö', 'o', '10', '9', 'ch', 'cz']

let base = ''
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'tally-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

async function makeClone(folder: string, names: readonly string[], mode: number): Promise<string> {
  const project = join(base, folder)
  await mkdir(project, { recursive: true })
  const packages = Object.fromEntries(names.map((name) => [`node_modules/${name}`, { version: '1.0.0', license: 'MIT' }]))
  const root = { name: 'app', version: '1.0.0', dependencies: Object.fromEntries(names.map((name) => [name, '1'])) }
  await writeFile(join(project, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages: { '': root, ...packages } }), { mode })
  await writeFile(join(project, 'package.json'), JSON.stringify(root), { mode })
  return project
}

async function bytesOf(project: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', PROGRAM, project], {
    env: { PATH: process.env['PATH'], ...environment },
    cwd: tmpdir(),
  })
  return stdout
}

it('gives the same bytes in another path, order, time zone, locale and umask', async () => {
  const first = await bytesOf(await makeClone('one', NAMES, 0o644), { TZ: 'UTC', LANG: 'C' })
  const elsewhere = await makeClone('deep/er/two', NAMES.toReversed(), 0o600)
  await utimes(join(elsewhere, 'package-lock.json'), 1, 1)
  await mkdir(join(elsewhere, 'node_modules/ab'), { recursive: true })
  await writeFile(join(elsewhere, 'node_modules/ab/package.json'), '{"name":"ab","version":"6.6.6"}')
  const second = await bytesOf(elsewhere, { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'sv_SE.UTF-8' })
  expect(second).toBe(first)
  expect(first).toContain('"timestamp": "2026-11-25T00:00:00Z"')
  expect(first.split('"bom-ref"')).toHaveLength(NAMES.length + 2)
})
