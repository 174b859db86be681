import { childrenOf, parseXml } from '../../text/xml.ts'
import type { LockGraph, LockNode } from '../lock-graph.ts'
import { nugetPurl } from './identity.ts'

/** Reads the packages.config of old projects: every package at its version, without what needs what. Undefined for other XML of that name. */
export function parsePackagesConfig(bytes: Uint8Array, where: string): LockGraph | undefined {
  const root = parseXml(bytes, where)
  if (root.name !== 'packages') return undefined
  const nodes = new Map<string, LockNode>()
  for (const { attributes } of childrenOf(root, 'package')) {
    const name = attributes.get('id') ?? ''
    const version = attributes.get('version') ?? ''
    if (name === '') continue
    const isDev = attributes.get('developmentDependency')?.toLowerCase() === 'true'
    nodes.set(`${name}/${version}`, { purl: nugetPurl(name, version), name, version, needs: [], ...(isDev ? { marked: 'dev' } : {}) })
  }
  return { nodes, projects: [] }
}
