import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

const ids = z.array(z.string()).optional()
const NODE = z.object({ ref: z.string().nullish(), path: z.string().nullish(), requires: ids, build_requires: ids })
const refs = z
  .array(
    z.union([
      z.string(),
      z
        .tuple([z.string()])
        .rest(z.unknown())
        .transform(([ref]) => ref),
    ]),
  )
  .optional()
const LOCK = z.object({
  graph_lock: z.object({ nodes: z.record(z.string(), NODE) }).optional(),
  requires: refs,
  build_requires: refs,
  python_requires: refs,
})

/** Conan's lockfiles: of version 1 with what needs what, of version 2 as lists. */
export const conanCataloger: Cataloger = lockfileCataloger({
  name: 'conan',
  only: { names: ['conan.lock'] },
  isLock: (path) => fileNameOf(path) === 'conan.lock',
  coversNames: ['conanfile.txt', 'conanfile.py'],
  parse: ({ bytes, path }) => parseConanLock(bytes, path),
})

function parseConanLock(bytes: Uint8Array, where: string): LockGraph {
  const json = parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' })
  const lock = readShape(LOCK, json, where, 'artifact-malformed')
  const nodes = new Map<string, LockNode>()
  for (const [id, { ref, path, requires, build_requires: build }] of Object.entries(lock.graph_lock?.nodes ?? {})) {
    const needs: LockNeed[] = [...(requires ?? []).map(required), ...(build ?? []).map(required)]
    // The project itself stands among the nodes, by the path of its file.
    if (ref && !path) nodes.set(id, nodeOf(ref, needs))
  }
  for (const ref of lock.requires ?? []) nodes.set(ref, nodeOf(ref, []))
  for (const ref of [...(lock.build_requires ?? []), ...(lock.python_requires ?? [])]) {
    if (!nodes.has(ref)) nodes.set(ref, { ...nodeOf(ref, []), marked: 'dev' })
  }
  return { nodes, projects: [] }
}

function required(to: string): LockNeed {
  return { to, kind: 'required' }
}

/** `name/version@user/channel#recipe revision:package id#package revision%time` */
function nodeOf(ref: string, needs: readonly LockNeed[]): LockNode {
  const [recipe = ''] = ref.split(/[:%]/, 1)
  const [reference = '', revision = ''] = recipe.split('#', 2)
  const [identity = '', owner = ''] = reference.split('@', 2)
  const [name = '', version = ''] = identity.split('/', 2)
  const [user = '', channel = ''] = owner.split('/', 2)
  const purl = purlText({ type: 'conan', name: name === '' ? 'unnamed' : name, version, qualifiers: { user, channel, rrev: revision } })
  return { purl, name, version, needs }
}
