import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

const STATE = z.object({ version: z.string().nullish(), branch: z.string().nullish(), revision: z.string().nullish() })
const OLD_PIN = z.object({ package: z.string(), repositoryURL: z.string(), state: STATE })
const PIN = z.object({ identity: z.string(), kind: z.string().optional(), location: z.string().optional(), state: STATE })
const RESOLVED = z.union([
  z.object({ pins: z.array(PIN) }),
  z.object({ object: z.object({ pins: z.array(OLD_PIN) }) }).transform(({ object }) => ({
    pins: object.pins.map((pin) => ({ identity: pin.package, location: pin.repositoryURL, kind: undefined, state: pin.state })),
  })),
])

/** Package.resolved of Swift's package manager and of Xcode, in versions 1 to 3. It says what is pinned, and not what needs what. */
export const swiftCataloger: Cataloger = lockfileCataloger({
  name: 'swift',
  only: { names: ['Package.resolved'] },
  isLock: (path) => fileNameOf(path) === 'Package.resolved',
  coversNames: ['Package.swift'],
  parse: ({ bytes, path }) => parseResolved(bytes, path),
})

function parseResolved(bytes: Uint8Array, where: string): LockGraph {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const nodes = new Map<string, LockNode>()
  for (const { identity, location, state } of readShape(RESOLVED, json, where, 'artifact-malformed').pins) {
    const version = state.version ?? state.revision ?? ''
    const { namespace, name } = repositoryOf(location ?? '', identity)
    const purl = namespace === '' ? purlText({ type: 'generic', name, version }) : purlText({ type: 'swift', namespace, name, version })
    nodes.set(`${identity} ${location}`, { purl, name: identity || name, version, needs: [] })
  }
  return { nodes, projects: [] }
}

/** Host and path of a repository, however its address is written; of a package from a registry its scope. */
function repositoryOf(location: string, identity: string): { namespace: string; name: string } {
  const path = location
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/^([^/:]+):(?:\d+\/)?/, '$1/')
    .replace(/\.git\/?$/, '')
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
  const name = segments.pop()
  if (name !== undefined && segments.length > 0) return { namespace: segments.join('/'), name }
  const dot = identity.indexOf('.')
  return dot > 0
    ? { namespace: identity.slice(0, dot), name: identity.slice(dot + 1) || 'unnamed' }
    : { namespace: '', name: identity || name || 'unnamed' }
}
