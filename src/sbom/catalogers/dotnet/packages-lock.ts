import { z } from 'zod'
import { readShape } from '../../../kernel/shape.ts'
import { parseJson } from '../../../kernel/json.ts'
import { purlText } from '../../../package/purl.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { namelessProject } from '../nameless-project.ts'
import { nugetHash, nugetKey, nugetPurl } from './identity.ts'

const ENTRY = z.object({
  type: z.string(),
  resolved: z.string().optional(),
  contentHash: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
})
const LOCK = z.object({ version: z.number().optional(), dependencies: z.record(z.string(), z.record(z.string(), ENTRY)) })

/**
 * Reads NuGet's packages.lock.json: for each target framework every package, marked as asked for (`Direct`) or not. The versions may differ
 * from framework to framework. Projects it refers to stand among the packages, without a version.
 */
export function parsePackagesLock(bytes: Uint8Array, where: string, directory: string): LockGraph {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const { dependencies: frameworks } = readShape(LOCK, json, where, 'artifact-malformed')
  const nodes = new Map<string, LockNode>()
  const direct = new Map<string, LockNeed>()
  for (const entries of Object.values(frameworks)) {
    const keys = new Map(Object.entries(entries).map(([name, { resolved }]) => [nugetKey(name), nugetKey(name, resolved ?? '')]))
    for (const [name, entry] of Object.entries(entries)) {
      const key = nugetKey(name, entry.resolved ?? '')
      const needs = Object.keys(entry.dependencies ?? {}).flatMap((needed): LockNeed[] => {
        const to = keys.get(nugetKey(needed))
        return to === undefined ? [] : [{ to, kind: 'required' }]
      })
      const known = nodes.get(key)
      nodes.set(key, known === undefined ? nodeOf(name, entry, needs) : { ...known, needs: [...known.needs, ...needs] })
      if (entry.type === 'Direct' || entry.type === 'Project') direct.set(key, { to: key, kind: 'required' })
    }
  }
  return { nodes, projects: [namelessProject(directory, [...direct.values()])] }
}

function nodeOf(name: string, { resolved = '', contentHash, type }: z.infer<typeof ENTRY>, needs: readonly LockNeed[]): LockNode {
  return {
    purl:
      type === 'Project'
        ? purlText({ type: 'generic', name: name === '' ? 'unnamed' : name, version: resolved })
        : nugetPurl(name, resolved),
    name,
    version: resolved,
    hashes: nugetHash(contentHash),
    needs,
    ...(type === 'Project' ? { type: 'application' } : {}),
  }
}
