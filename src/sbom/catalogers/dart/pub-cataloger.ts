import { z } from 'zod'
import { readShape } from '../../../kernel/shape.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { namelessProject } from '../nameless-project.ts'

const DESCRIPTION = z.object({
  name: z.string().optional(),
  url: z.string().optional(),
  sha256: z.string().optional(),
  'resolved-ref': z.string().optional(),
})
const PACKAGE = z.object({
  dependency: z.string().optional(),
  source: z.string(),
  version: z.union([z.string(), z.number()]).transform(String),
  description: z.union([DESCRIPTION, z.string().transform(() => ({}))]).optional(),
})
const LOCK = z.object({ packages: z.record(z.string(), PACKAGE).nullish() })

/** Pub's lockfiles (Dart, Flutter). They mark what the project asks for, and not what needs what. */
export const pubCataloger: Cataloger = lockfileCataloger({
  name: 'pub',
  only: { names: ['pubspec.lock'] },
  isLock: (path) => fileNameOf(path) === 'pubspec.lock',
  coversNames: ['pubspec.yaml'],
  parse: ({ bytes, path, directory }) => parsePubspecLock(bytes, path, directory),
})

function parsePubspecLock(bytes: Uint8Array, where: string, directory: string): LockGraph {
  const { packages } = readShape(LOCK, parseLockYaml(bytes, where)[0] ?? {}, where, 'artifact-malformed')
  const nodes = new Map<string, LockNode>()
  const needs: LockNeed[] = []
  for (const [key, one] of Object.entries(packages ?? {})) {
    const description: z.infer<typeof DESCRIPTION> = one.description ?? {}
    const isDev = one.dependency === 'direct dev'
    if (one.dependency?.startsWith('direct') === true) needs.push({ to: key, kind: isDev ? 'dev' : 'required' })
    // A package by its folder is another project's; the kit's own come with it, in its version.
    if (key === '' || one.source === 'path') continue
    const name = description.name || key
    const sha256 = description.sha256 ?? ''
    nodes.set(key, {
      purl: purlText({ type: 'pub', name, version: one.version, qualifiers: { vcs_url: vcsUrl(one.source, description) } }),
      name,
      version: one.version,
      hashes: /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {},
      needs: [],
    })
  }
  return { nodes, projects: [namelessProject(directory, needs)] }
}

function vcsUrl(source: string, { url, 'resolved-ref': commit }: z.infer<typeof DESCRIPTION>): string | undefined {
  return source === 'git' && url !== undefined ? `git+${withoutUserInfo(url)}${commit === undefined ? '' : `@${commit}`}` : undefined
}
