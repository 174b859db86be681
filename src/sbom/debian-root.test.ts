import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemDeps } from '../kernel/system.ts'
import { parsePurl } from '../package/purl.ts'
import { catalogDirectory } from './catalog-directory.ts'
import type { Sbom } from './model.ts'

const run = promisify(execFile)
const deps = systemDeps({ log: () => undefined, signal: new AbortController().signal })
const LARGE = { maxBuffer: 64 << 20 }

/** The release to make, where one can be made: a Debian, its tools, and the right to change root. */
function releaseHere(): string | undefined {
  const missing = ['mmdebstrap', 'dpkg-query', 'apt-cache'].find((program) => !works(program))
  const [, codename] = existsSync('/etc/os-release')
    ? (/^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [])
    : []
  const why =
    missing !== undefined
      ? `${missing} is not on PATH`
      : process.getuid?.() !== 0
        ? 'only root may change root'
        : codename === undefined
          ? 'this is no release of Debian'
          : undefined
  if (why !== undefined) console.warn(`skipped: ground truth of a root file system made by mmdebstrap (${why})`)
  return why === undefined ? codename : undefined
}

function works(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** For each package what each clause of its dependencies may be met by, as apt reads the status file: an independent answer. */
async function dependsByApt(root: string, installed: ReadonlySet<string>): Promise<Map<string, string[][]>> {
  const state = [`Dir::State::status=${root}/var/lib/dpkg/status`, `Dir::State::lists=${root}/none`, `Dir::Cache=${root}/none`]
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`)
  const args = [...state.flatMap((one) => ['-o', one]), 'depends', ...only, ...installed]
  const { stdout } = await run('apt-cache', args, LARGE)
  const all = new Map<string, string[][]>()
  let clauses: string[][] = []
  let alternatives: string[][] = []
  let goesOn = false
  for (const line of stdout.split('\n')) {
    const [, or = ' ', name = ''] = /^ ([ |])(?:Pre)?Depends: <?([^>]+)>?$/.exec(line) ?? []
    if (name !== '') {
      if (!goesOn) alternatives = []
      alternatives.push([name])
      // The first alternative that anything installed meets; who provides it stands in the lines below.
      if (!goesOn) clauses.push([])
      goesOn = or === '|'
    } else if (/^ {4}\S/.test(line)) alternatives.at(-1)?.push(line.trim())
    else if (/^\S/.test(line)) {
      clauses = []
      goesOn = false
      all.set(line.trim(), clauses)
    }
    const met = alternatives.map(([own = '', ...providers]) => (installed.has(own) ? [own] : providers.filter((one) => installed.has(one))))
    if (clauses.length > 0) clauses[clauses.length - 1] = met.find((one) => one.length > 0) ?? []
  }
  return all
}

const release = releaseHere()

describe.skipIf(release === undefined)('a root file system made by mmdebstrap', () => {
  let directory = ''
  let root = ''
  let sbom: Sbom | undefined
  const installed = new Set<string>()
  let listed: string[] = []
  let unreachable: string | undefined

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tally-'))
    root = join(directory, 'made')
    // With alternatives (cron | anacron | …) and with packages of Python that Debian's own package owns.
    const args = ['--quiet', '--variant=essential', '--format=directory', '--include=logrotate,python3-six', release ?? '', root]
    try {
      await run('mmdebstrap', args, { ...LARGE, timeout: 240_000 })
    } catch (error) {
      // Where no mirror answers there is nothing to compare with; whatever else goes wrong is a failure.
      if (
        !/apt-get update .*failed|Failed to fetch|Temporary failure resolving|Could not (?:connect|resolve)|Unable to connect/.test(
          String(error),
        )
      )
        throw error
      unreachable = 'no mirror of Debian answers'
      console.warn(`skipped: ground truth of a root file system made by mmdebstrap (${unreachable})`)
      return
    }
    await mkdir(join(root, 'none/archives/partial'), { recursive: true })
    const format = '${Package} ${Version} ${Architecture}\n'
    const { stdout } = await run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', format], LARGE)
    listed = stdout.split('\n').filter((line) => line !== '')
    for (const line of listed) installed.add(line.slice(0, line.indexOf(' ')))
    sbom = await catalogDirectory(deps, root, { mode: 'installed', created: '2026-11-25T00:00:00Z' })
  }, 300_000)

  afterAll(async () => {
    // Never across a mount that a mmdebstrap which was stopped left behind, and never anything but the folder made above.
    if (directory !== '') await run('rm', ['-rf', '--one-file-system', '--', directory])
  })

  it('has the packages that dpkg-query lists, and nothing else but the system: what they own stands once', ({ skip }) => {
    skip(unreachable !== undefined, unreachable)
    const found = (sbom?.components ?? []).map(({ purl }) => parsePurl(purl))
    const packages = found.filter(({ type }) => type === 'deb')
    expect(packages.map(({ name, version, qualifiers }) => `${name} ${version} ${qualifiers['arch']}`).toSorted()).toEqual(
      listed.toSorted(),
    )
    expect(found.filter(({ type }) => type !== 'deb')).toMatchObject([{ type: 'generic', name: 'debian' }])
    expect(sbom?.completeness).toBe('complete')
    const six = sbom?.components.find(({ name }) => name === 'python3-six')
    expect(six?.properties?.['package:contains']).toMatch(/^pkg:pypi\/six@/)
  })

  it('has the edges that apt reads out of it: each clause once, by something that meets it', async ({ skip }) => {
    skip(unreachable !== undefined, unreachable)
    const wanted = await dependsByApt(root, installed)
    const nameOf = new Map((sbom?.components ?? []).map(({ purl, name }) => [purl, name]))
    const edges = new Map<string, Set<string>>()
    for (const { from, to } of sbom?.edges ?? []) {
      const [source, target] = [nameOf.get(from), nameOf.get(to)]
      if (source !== undefined && target !== undefined) edges.set(source, (edges.get(source) ?? new Set()).add(target))
    }
    let clauses = 0
    for (const name of installed) {
      const targets = edges.get(name) ?? new Set<string>()
      const allowed = new Set<string>()
      for (const clause of wanted.get(name) ?? []) {
        const others = clause.filter((one) => one !== name)
        for (const one of others) allowed.add(one)
        if (others.length === 0) continue
        clauses += 1
        expect(
          others.some((one) => targets.has(one)),
          `${name} needs ${others.join(' or ')}`,
        ).toBe(true)
      }
      expect(
        [...targets].filter((one) => !allowed.has(one)),
        `${name} needs nothing else`,
      ).toEqual([])
    }
    expect(clauses).toBeGreaterThan(100)
  })
})
