import { addToGroup } from '../../../kernel/groups.ts'
import { z } from 'zod'
import { textOf } from '../../../kernel/bytes.ts'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { namelessProject } from '../nameless-project.ts'

const STATUS = /(?:^|\/)(?:vcpkg_)?installed\/vcpkg\/status$/

/** What vcpkg installed, by its own database of stanzas: one for each package and one for each of its features. */
export const vcpkgInstalledCataloger: Cataloger = lockfileCataloger({
  name: 'vcpkg-installed',
  method: 'installed',
  only: { names: ['status'] },
  isLock: (path, mode) => mode === 'installed' && STATUS.test(path),
  parse: ({ bytes, path }) => parseStatus(textOf(bytes, 'artifact-malformed', path)),
})

function parseStatus(text: string): LockGraph {
  const nodes = new Map<string, LockNode>()
  const needs = new Map<string, LockNeed[]>()
  for (const stanza of text.split(/\r?\n\r?\n/)) {
    const fields = new Map(stanza.split(/\r?\n/).flatMap(fieldOf))
    const name = fields.get('package') ?? ''
    const triplet = fields.get('architecture') ?? ''
    if (name === '' || !/\binstalled$/.test(fields.get('status') ?? '') || /\bnot-installed$/.test(fields.get('status') ?? '')) continue
    const key = `${name}:${triplet}`
    const wanted = (fields.get('depends') ?? '').split(',').flatMap((one) => needOf(one, triplet))
    addToGroup(needs, key, ...wanted)
    if (fields.has('feature')) continue
    const port = fields.get('port-version') ?? ''
    const version = fields.get('version') ?? ''
    const qualifiers = { triplet, port_version: port === '0' ? undefined : port }
    nodes.set(key, { purl: purlText({ type: 'vcpkg', name, version, qualifiers }), name, version, needs: [] })
  }
  return { nodes: new Map([...nodes].map(([key, node]) => [key, { ...node, needs: needs.get(key) ?? [] }])), projects: [] }
}

function fieldOf(line: string): [string, string][] {
  const colon = line.indexOf(':')
  return colon < 1 || /^\s/.test(line) ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]]
}

/** `name`, `name:triplet`, `name[feature]`. */
function needOf(text: string, own: string): LockNeed[] {
  const [, name, triplet = own] = /^([a-z0-9-]{1,200})(?:\[[^\]]{0,200}\])?(?::([\w-]{1,200}))?$/.exec(text.trim()) ?? []
  return name === undefined ? [] : [{ to: `${name}:${triplet}`, kind: 'required' }]
}

const names = z.array(
  z.union([z.string(), z.object({ name: z.string(), 'version>=': z.string().optional(), host: z.boolean().optional() })]),
)
const MANIFEST = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  'version-string': z.string().optional(),
  'version-semver': z.string().optional(),
  'version-date': z.string().optional(),
  dependencies: names.optional(),
  overrides: z
    .array(z.object({ name: z.string(), version: z.string().optional() }))
    .optional()
    .catch(undefined),
})

/** What a project asks of vcpkg. Its versions are those of a list that lies in a repository, but for the ones it sets itself. */
export const vcpkgCataloger: Cataloger = lockfileCataloger({
  name: 'vcpkg',
  method: 'manifest',
  limit: 'packageFileBytes',
  only: { names: ['vcpkg.json'] },
  isLock: (path) => fileNameOf(path) === 'vcpkg.json' && !/(?:^|\/)ports\/[^/]+\/vcpkg\.json$/.test(path),
  parse: ({ bytes, path, directory }) => {
    const json = parseJson(bytes, path, { code: 'artifact-malformed', limitName: 'packageFileBytes' })
    const manifest = readShape(MANIFEST, json, path, 'artifact-malformed')
    const set = new Map((manifest.overrides ?? []).map(({ name, version = '' }) => [name, version]))
    const nodes = new Map<string, LockNode>()
    const needs: LockNeed[] = []
    for (const wanted of manifest.dependencies ?? []) {
      const { name, host = false, 'version>=': least } = typeof wanted === 'string' ? { name: wanted } : wanted
      if (name === '') continue
      const version = set.get(name) ?? ''
      nodes.set(name, {
        purl: purlText({ type: 'vcpkg', name, version }),
        name,
        version,
        needs: [],
        ...(least === undefined ? {} : { range: `>=${least}` }),
      })
      needs.push({ to: name, kind: host ? 'dev' : 'required' })
    }
    const version = manifest.version ?? manifest['version-semver'] ?? manifest['version-string'] ?? manifest['version-date'] ?? ''
    const { name = '' } = manifest
    const project =
      name === ''
        ? namelessProject(directory, needs)
        : { directory, key: 'project', name, version, purl: purlText({ type: 'generic', name, version }), needs }
    return { nodes, projects: [project], partial: nodes.size > 0 }
  },
})
