import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { packageNames, rPurl } from './identity.ts'

const PACKAGE = z.object({
  Package: z.string(),
  Version: z.string(),
  Source: z.string().optional(),
  Repository: z.string().optional(),
  RemoteUsername: z.string().optional(),
  RemoteRepo: z.string().optional(),
  RemoteSha: z.string().optional(),
  License: z.string().optional(),
  Requirements: z.array(z.string()).optional().catch(undefined),
  Depends: z.unknown().optional(),
  Imports: z.unknown().optional(),
  LinkingTo: z.unknown().optional(),
})
const LOCK = z.object({ Packages: z.record(z.string(), PACKAGE) })

/** Reads renv.lock, whose packages carry names of what they require, or (newer) the fields of their DESCRIPTION. Throws `artifact-malformed`. */
export function parseRenvLock(bytes: Uint8Array, where: string): LockGraph {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const nodes = new Map<string, LockNode>()
  for (const one of Object.values(readShape(LOCK, json, where, 'artifact-malformed').Packages)) {
    if (one.Package === '') continue
    const needs = one.Requirements ?? [one.Depends, one.Imports, one.LinkingTo].flatMap(packageNames)
    nodes.set(one.Package, {
      purl: rPurl({
        name: one.Package,
        version: one.Version,
        repository: one.Source === 'Bioconductor' ? 'Bioconductor' : (one.Repository ?? ''),
        ...(one.RemoteUsername === undefined
          ? {}
          : { github: { owner: one.RemoteUsername, name: one.RemoteRepo ?? one.Package, commit: one.RemoteSha ?? '' } }),
      }),
      name: one.Package,
      version: one.Version,
      ...(one.License === undefined ? {} : { licence: one.License }),
      needs: [...new Set(needs)].map((to) => ({ to, kind: 'required' })),
    })
  }
  return { nodes, projects: [] }
}
