import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { systemDeps } from '../kernel/system.ts'
import { parsePurl } from '../package/purl.ts'
import { catalogDirectory } from './catalog-directory.ts'
import { listedByNpm } from './catalogers/npm/test-npm.ts'

const run = promisify(execFile)
const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
const CREATED = '2026-11-25T00:00:00Z'

function works(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn(`skipped: ground truth by ${program} (it is not on PATH)`)
    return false
  }
}

const modules = resolve(import.meta.dirname, '../../node_modules')
if (!existsSync(modules)) console.warn('skipped: ground truth by npm ls of this repository (nothing is installed)')

describe.skipIf(!existsSync(modules) || !works('npm'))('this repository as installed', () => {
  it('has the packages and edges that npm ls lists', async () => {
    const root = dirname(realpathSync(modules))
    const sbom = await catalogDirectory(deps, root, {
      mode: 'installed',
      created: CREATED,
      // Some packages hold programs written in Go, whose modules npm does not know.
      inspectors: [],
      // Other folders may hold projects of their own (runtimes, examples), of which npm ls does not speak.
      exclude: readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() && !['node_modules', 'web'].includes(entry.name) ? [entry.name] : [],
      ),
    })
    const listed = await listedByNpm(root)
    expect(sbom.components.map(({ purl }) => purl)).toEqual(listed.packages)
    expect(sbom.edges.map(({ from, to }) => `${from} ${to}`)).toEqual(listed.edges)
    expect(listed.packages.length).toBeGreaterThan(30)
  })
})

const DPKG = '/var/lib/dpkg'
describe.skipIf(!existsSync(join(DPKG, 'status')) || !works('dpkg-query'))('this machine as dpkg sees it', () => {
  it('has the packages that dpkg-query lists, and no edge to nowhere', async () => {
    const root = await mkdtemp(join(tmpdir(), 'tally-'))
    try {
      await mkdir(join(root, 'var/lib/dpkg'), { recursive: true })
      await mkdir(join(root, 'etc'))
      await cp(join(DPKG, 'status'), join(root, 'var/lib/dpkg/status'))
      if (existsSync('/etc/os-release')) await cp(realpathSync('/etc/os-release'), join(root, 'etc/os-release'))
      const sbom = await catalogDirectory(deps, root, { mode: 'installed', created: CREATED })
      const { stdout } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package} ${Version} ${Architecture}\n'], {
        maxBuffer: 64 << 20,
      })
      const listed = stdout
        .split('\n')
        .filter((line) => line !== '' && !/^(?:not-installed|config-files) /.test(line))
        .map((line) => line.slice(line.indexOf(' ') + 1))
      const found = sbom.components.map(({ purl }) => parsePurl(purl)).filter(({ type }) => type === 'deb')
      expect(found.map(({ name, version, qualifiers }) => `${name} ${version} ${qualifiers['arch']}`).toSorted()).toEqual(listed.toSorted())
      const known = new Set([sbom.subject.purl, ...sbom.components.map(({ purl }) => purl)])
      expect(sbom.edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([])
      expect(sbom.completeness).toBe('complete')
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  it('resolves every Depends of a configured package', async () => {
    const { parseDpkgStatus } = await import('./catalogers/dpkg/status.ts')
    const { parseRelations, resolveDepends } = await import('./catalogers/dpkg/depends.ts')
    const packages = parseDpkgStatus(new Uint8Array(await readFile(join(DPKG, 'status'))), 'status')
    const resolved = resolveDepends(packages)
    const unmet = packages.filter((one) => parseRelations(one.depends).length > 0 && resolved.get(one)?.length === 0)
    expect(unmet.map(({ name }) => name)).toEqual([])
  })
})
