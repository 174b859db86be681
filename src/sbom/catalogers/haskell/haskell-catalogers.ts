import { z } from 'zod'
import { textOf } from '../../../kernel/bytes.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import { directoryOf, fileNameOf } from '../../path.ts'
import { parseLockYaml } from '../../text/block-yaml.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

/** Cabal's frozen constraints: every package at its version, without what needs what. */
export const cabalCataloger: Cataloger = lockfileCataloger({
  name: 'cabal',
  only: { names: ['cabal.project.freeze'], endings: ['cabal'] },
  isLock: (path) => fileNameOf(path) === 'cabal.project.freeze',
  isBeside: (path) => path.endsWith('.cabal'),
  covers: (path, { directory }) => path.endsWith('.cabal') && directoryOf(path) === directory,
  parse: ({ bytes, path }) => parseFreeze(textOf(bytes, 'artifact-malformed', path)),
})

/** `constraints: any.aeson ==2.1.0.0, aeson +flag, any.base ==4.17.0.0 || ==4.18`: what names just one version pins it. */
function parseFreeze(text: string): LockGraph {
  const nodes = new Map<string, LockNode>()
  const plain = text.replace(/--[^\n]*/g, '').replace(/^[ \t]*[a-z-]{1,40}:/gim, ',')
  for (const constraint of plain.split(',')) {
    const [, name, version] = /^(?:any\.)?([A-Za-z0-9-]{1,200})\s+==\s*([0-9.]{1,200})$/.exec(constraint.trim()) ?? []
    if (name !== undefined && version !== undefined) nodes.set(name, hackageNode(name, version))
  }
  return { nodes, projects: [] }
}

const COMPLETED = z.object({
  hackage: z.string().optional(),
  name: z.string().optional(),
  version: z.string().optional(),
  git: z.string().optional(),
  commit: z.string().optional(),
})
const LOCK = z.object({ packages: z.array(z.object({ completed: COMPLETED })).nullish(), snapshots: z.array(z.unknown()).nullish() })

/** Stack's lockfiles: the packages a project adds to a snapshot. What the snapshot has lies in a repository. */
export const stackCataloger: Cataloger = lockfileCataloger({
  name: 'stack',
  only: { names: ['stack.yaml.lock'] },
  isLock: (path) => fileNameOf(path) === 'stack.yaml.lock',
  parse: ({ bytes, path }) => {
    const lock = readShape(LOCK, parseLockYaml(bytes, path)[0] ?? {}, path, 'artifact-malformed')
    const nodes = new Map<string, LockNode>()
    for (const { completed } of lock.packages ?? []) {
      // name-1.2.3@sha256:…,size
      const [, name, version] = /^([A-Za-z0-9-]{1,200})-([0-9.]{1,100})(?:@.*)?$/.exec(completed.hackage ?? '') ?? []
      const node = name !== undefined && version !== undefined ? hackageNode(name, version) : gitNode(completed)
      if (node !== undefined) nodes.set(node.purl, node)
    }
    return { nodes, projects: [], partial: (lock.snapshots ?? []).length > 0 }
  },
})

function gitNode({ name = '', version = '', git, commit = '' }: z.infer<typeof COMPLETED>): LockNode | undefined {
  if (name === '') return undefined
  const source = git === undefined ? undefined : `git+${withoutUserInfo(git)}${commit === '' ? '' : `@${commit}`}`
  return { purl: purlText({ type: 'hackage', name, version, qualifiers: { vcs_url: source } }), name, version, needs: [] }
}

function hackageNode(name: string, version: string): LockNode {
  return { purl: purlText({ type: 'hackage', name, version }), name, version, needs: [] }
}
