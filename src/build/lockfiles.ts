import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { digestOfFile } from '../kernel/read-file.ts'

/** A lockfile of the project: its path from there and its digest before the build. */
export type Lockfile = { readonly path: string; readonly digest: Digest }

/** The lockfiles looked for at the top of a project that names none. */
const KNOWN = [
  'package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock bun.lock',
  'uv.lock poetry.lock pdm.lock Pipfile.lock requirements.txt pylock.toml',
  'go.sum Cargo.lock gradle.lockfile Gemfile.lock composer.lock packages.lock.json',
].flatMap((line) => line.split(' '))

/** Digests of a project's lockfiles, sorted by path: those it names, else the known ones that are there. Throws `config-invalid` for a named one that is missing or lies outside. */
export async function readLockfiles(deps: Pick<Deps, 'fs'>, projectDir: string, named: readonly string[]): Promise<readonly Lockfile[]> {
  const found: Lockfile[] = []
  for (const path of named.length === 0 ? KNOWN : named) {
    refuseOutside(path)
    const file = await digestOfFile(deps, join(projectDir, path))
    if (file !== undefined) found.push({ path, digest: file.digest })
    else if (named.length > 0) throw fail('config-invalid', `names the lockfile ${path}, which is not there`, { where: 'sbom.lockfiles' })
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function refuseOutside(path: string): void {
  const segments = path.split('/')
  if (path !== '' && !segments.some((segment) => segment === '' || segment === '.' || segment === '..') && !path.includes('\0')) return
  throw fail('config-invalid', `names the lockfile ${JSON.stringify(path)}; write its path from the project, without \`.\` and \`..\``, {
    where: 'sbom.lockfiles',
  })
}
