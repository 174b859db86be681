import { z } from 'zod'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode, LockProject } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import type { Lockfile } from '../lockfile-cataloger.ts'

const version = z.union([z.string(), z.number()]).transform(String).optional()
const DEPENDENCY = z.object({ name: z.string().min(1), version, repository: z.string().nullish() })
const dependencies = z.array(DEPENDENCY).nullish()
const CHART = z.object({ name: z.string().min(1), version, dependencies })
const LOCK = z.object({ dependencies })

/** Helm charts: what Chart.yaml asks for, in the versions Chart.lock pins where there is one (requirements.yaml and its lock of old charts, too). */
export const helmCataloger: Cataloger = lockfileCataloger({
  name: 'helm',
  limit: 'packageFileBytes',
  only: { names: ['Chart.yaml', 'Chart.lock', 'requirements.yaml', 'requirements.lock'] },
  isLock: (path) => fileNameOf(path) === 'Chart.yaml',
  isBeside: (path) => ['Chart.lock', 'requirements.yaml', 'requirements.lock'].includes(fileNameOf(path)),
  coversNames: ['Chart.lock', 'requirements.yaml', 'requirements.lock'],
  parse: readChart,
})

type Dependency = z.infer<typeof DEPENDENCY>

function readChart(lock: Lockfile): (LockGraph & { readonly partial: boolean }) | undefined {
  const chart = readShape(CHART, read(lock.bytes, lock.path), lock.path, 'artifact-malformed')
  const asked = chart.dependencies ?? beside(lock, 'requirements.yaml') ?? []
  const pinned = beside(lock, 'Chart.lock') ?? beside(lock, 'requirements.lock')
  const nodes = new Map<string, LockNode>()
  for (const one of pinned ?? asked) nodes.set(one.name, nodeOf(one))
  const needs = asked.map(({ name }): LockNeed => ({ to: name, kind: 'required' }))
  const project: LockProject = {
    directory: lock.directory,
    key: 'chart itself',
    name: chart.name,
    version: chart.version ?? '',
    purl: purlText({ type: 'helm', name: chart.name, version: chart.version }),
    needs,
  }
  return { nodes, projects: [project], partial: asked.length > 0 && pinned === undefined }
}

function beside({ directory, other }: Lockfile, name: string): readonly Dependency[] | undefined {
  const path = directory === '' ? name : `${directory}/${name}`
  const bytes = other(path)
  return bytes === undefined ? undefined : (readShape(LOCK, read(bytes, path), path, 'artifact-malformed').dependencies ?? [])
}

function read(bytes: Uint8Array, path: string): unknown {
  return parseLockYaml(bytes, path)[0] ?? {}
}

/** A range pins nothing. */
function nodeOf({ name, version = '', repository }: Dependency): LockNode {
  const exact = /^v?\d[\w.+-]*$/.test(version) && !/\.[xX*]/.test(version) ? version : ''
  const source = repository === undefined || repository === null || repository === '' ? undefined : repository
  const isFolder = source?.startsWith('file:') === true
  const qualifiers = {
    repository_url:
      source === undefined || isFolder || source.startsWith('@') || source.startsWith('alias:') ? undefined : withoutUserInfo(source),
  }
  return {
    purl: purlText({ type: 'helm', name, version: exact, qualifiers }),
    name,
    version: exact,
    needs: [],
    ...(exact === version ? {} : { range: version.slice(0, 200) }),
  }
}
