import { z } from 'zod'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { namelessProject } from '../nameless-project.ts'

const LOCK = z.object({
  PODS: z.array(z.union([z.string(), z.record(z.string(), z.array(z.string()).nullable())])).nullish(),
  DEPENDENCIES: z.array(z.string()).nullish(),
})

/** CocoaPods' lockfiles. A part of a pod (`Name/Part`) is that pod with a subpath. */
export const cocoapodsCataloger: Cataloger = lockfileCataloger({
  name: 'cocoapods',
  only: { names: ['Podfile.lock'] },
  isLock: (path) => fileNameOf(path) === 'Podfile.lock',
  coversNames: ['Podfile'],
  parse: ({ bytes, path, directory }) => parsePodfileLock(bytes, path, directory),
})

function parsePodfileLock(bytes: Uint8Array, where: string, directory: string): LockGraph {
  const lock = readShape(LOCK, parseLockYaml(bytes, where)[0] ?? {}, where, 'artifact-malformed')
  const nodes = new Map<string, LockNode>()
  for (const pod of lock.PODS ?? []) {
    for (const [text, needs] of typeof pod === 'string' ? [[pod, []] as const] : Object.entries(pod)) addPod(nodes, text, needs ?? [])
  }
  return { nodes, projects: [namelessProject(directory, (lock.DEPENDENCIES ?? []).map(needOf))] }
}

function addPod(nodes: Map<string, LockNode>, text: string, needs: readonly string[]): void {
  const key = nameOf(text)
  const [, version = ''] = /\(([^()]*)\)$/.exec(text) ?? []
  const [name = '', ...part] = key.split('/')
  if (name === '') return
  nodes.set(key, {
    purl: purlText({ type: 'cocoapods', name, version, subpath: part.join('/') }),
    name: key,
    version,
    needs: needs.map(needOf),
  })
}

function needOf(text: string): LockNeed {
  return { to: nameOf(text), kind: 'required' }
}

/** `Name/Part (1.0)`, `Name (from `…`)`. */
function nameOf(text: string): string {
  return text.split(' ', 1)[0] ?? ''
}
